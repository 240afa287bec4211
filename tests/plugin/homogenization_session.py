"""Run by pvpython for test_homogenization_in_paraview.py: a problem, its correction, and a state of both."""

import sys

from session_tools import failure, report, settings, status, values  # first, for the environment's numpy

# isort: split
from paraview import servermanager, simple

model, folder = sys.argv[1:3]
coarse = simple.MultiscaleDiffusion(registrationName="coarse", Cells=16, Intervals=4, Pattern="wave-4")
corrected = simple.NeuralHomogenization(
    registrationName="corrected",
    Solution=simple.OutputPort(coarse, 0),
    Coefficient=simple.OutputPort(coarse, 1),
    ModelFile=model,
    Scale=3.7,
    Amplitude="Shape only",
    Smoothing=0,
)


def results():
    """Settings, failures and values of both."""
    found = {}
    for name in ("coarse", "corrected"):
        proxy = simple.FindSource(name)
        found[name] = [settings(proxy), failure(proxy), values(proxy, "u")]
    return found


found = {"built": results(), "status": status(corrected)}
cells = servermanager.Fetch(coarse, idx=1).GetCellData().GetArray("A")
found["phases"] = sorted({cells.GetValue(i) for i in range(cells.GetNumberOfTuples())})
simple.SaveState(folder + "/both.pvsm")
simple.ResetSession()
simple.LoadState(folder + "/both.pvsm")
found["loaded"] = results()
simple.FindSource("corrected").ModelFile = "/nowhere.stsr"
found["wrong"] = failure(simple.FindSource("corrected"))
report(found)
