r"""How good is a model? Every step against the full series it comes from: a table of curves and a picture.

    stsr-paraview run pvbatch examples/compare_to_gt.py \
        demo-output/tornado/model.stsr demo-output/tornado/full.pvd curves.csv picture.png

Kept and unseen steps are told apart. A table named .json holds their means as well. The picture is of the
middle step. Whatever cannot be compared ends the script with a sentence and an exit code that is not 0.
"""

import sys

from stsr_plugin import check

from paraview import simple  # isort: skip  (after stsr_plugin, which puts the newer numpy in front)

model, series, table, picture = sys.argv[1:5]
truth = simple.OpenDataFile(series)
prediction = simple.NeuralUpscale(Input=truth, ModelFile=model, OutputGrid="Match dataset", Like=truth)
compare = simple.ComparetoGT(Prediction=prediction, GroundTruth=truth)
compare.AllTimeSteps = 1
compare.ModelFile = model  # knows which steps it was trained on
compare.TableFile = table
compare.Pictures, compare.PictureSize = 1, 512

times = truth.TimestepValues
check(compare, times[len(times) // 2])
print(compare.Status)
simple.SaveData(picture, proxy=simple.OutputPort(compare, 2))
