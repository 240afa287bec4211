"""Run by pvpython without a display for test_compare_in_paraview.py: pictures are wanted; prints JSON."""

import sys

from session_tools import failure, report, rows, status  # first, for the environment's numpy

# isort: split
from paraview import servermanager, simple

model, series = sys.argv[1:3]
truth = simple.OpenDataFile(series)
compare = simple.ComparetoGT(
    Prediction=simple.NeuralUpscale(Input=truth, ModelFile=model, Factor=1),
    GroundTruth=truth,
    PredictionArray="a",
    Pictures=1,
    PictureSize=64,
)
wrong = failure(compare, 12.0)
picture = servermanager.Fetch(compare, idx=2).GetPointData().GetScalars()
report({"wrong": wrong, "rows": rows(compare, 1), "status": status(compare), "picture": picture.GetRange()})
