"""Run by pvbatch on one rank and on two for test_mpi.py: integrals of what each proxy gives; prints JSON."""

import sys

from session_tools import failure, report, rows, status  # first, for the environment's numpy

# isort: split
from paraview import servermanager, simple

model, series, learned = sys.argv[1:4]
found = {}
coarse = simple.OpenDataFile(series)
upscale = simple.NeuralUpscale(Input=coarse, ModelFile=model, Factor=1.5)
same = simple.NeuralUpscale(Input=coarse, ModelFile=model, Factor=1)
compare = simple.ComparetoGT(Prediction=same, GroundTruth=coarse, AllTimeSteps=1)
made = {
    "upscale": (upscale, "a", 11.3),
    "source": (simple.STSRModel(FileName=model, Factor=0.7), "b", 11.3),
    "mix": (simple.LatentInterpolate(FileName=model, Weight=0.3), "interpolated", 11.3),
    "compare": (compare, "b_error", 12.0),
    "fit": (simple.NeuralFit(Input=coarse, ModelFile=learned, KeepEvery=2, LeaveOut=1), "a", 12.0),
}
made["fit"][0].Field = "nearest"
for name, (proxy, array, time) in made.items():
    wrong = failure(proxy, time)
    ranks = simple.ProcessIdScalars(Input=proxy)
    ranks.UpdatePipeline(time)
    # The second integral tells where the values are.
    place = f"{array}*(coordsX+2*coordsY+4*coordsZ)"
    weighted = simple.Calculator(Input=proxy, Function=place, ResultArrayName="weighted")
    total = simple.IntegrateVariables(Input=weighted)
    total.UpdatePipeline(time)
    data = servermanager.Fetch(total)
    sums = [data.GetPointData().GetArray(name).GetValue(0) for name in (array, "weighted")]
    volume = data.GetCellData().GetArray("Volume").GetValue(0)
    found[name] = [wrong, ranks.PointData["ProcessId"].GetRange()[1], volume, *sums]
found["rows"] = [compare.GetDataInformation(port).GetNumberOfRows() for port in (1, 3)]
found["psnr"] = [row["psnr"] for row in rows(compare, 1)]
found["learned"] = status(made["fit"][0])
wrong = simple.NeuralFit(Input=coarse, ModelFile=learned, Field="cubic")
found["refused"] = failure(wrong, 10.0)
found["again"] = failure(wrong, 12.0)
report(found)
