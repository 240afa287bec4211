"""Run by pvpython for test_microscopy_in_paraview.py: TIFF stacks are learned and upscaled; prints JSON."""

import sys

from session_tools import failure, report, status, values  # first, for the environment's numpy

# isort: split
from paraview import simple

from stsr_plugin import check

folder, *stacks = sys.argv[1:]
cell = simple.TIFFSeriesReader(FileNames=stacks, ReadAsImageStack=0)  # each file is a volume of its own
cell.UpdatePipeline(0.0)
name = cell.PointData[0].GetName()
model = folder + "/cell.stsr"
fit = simple.NeuralFit(
    Input=cell,
    ModelFile=model,
    Field="spatime_inr",
    LeaveOut=1,
    Epochs=200,
    Minutes=0,
    Architecture='{"width": 64, "depth": 3}',
)
upscale = simple.NeuralUpscale(Input=fit)  # there is no model yet
check(upscale, 2.5)
found = {
    "name": name,
    "fit": status(fit),
    "extent": list(upscale.GetDataInformation().GetExtent()),
    "between": values(upscale, name),
}
check(upscale, 3.0)
found["left out"] = values(upscale, name)
paper = simple.NeuralFit(
    Input=cell,
    ModelFile=folder + "/wrong.stsr",
    Field="spatime_inr",
    Architecture='{"profile": "fast", "rendering": "eq8"}',
)
found["refused"] = failure(paper)
report(found)
