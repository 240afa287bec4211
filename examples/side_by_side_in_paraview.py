r"""Ground truth, prediction and interpolation in linked views with their errors: a picture and a film.

    stsr-paraview run pvpython examples/side_by_side_in_paraview.py demo-output/tornado/model.stsr \
        demo-output/tornado/full.pvd demo-output/tornado/coarse.pvd views.png film.png

The film is one picture per time step, film.0000.png and so on; .avi and .ogv work where ParaView has them.
Steps of the full series outside the coarse one are left out: nothing interpolates there.
In ParaView's own Python shell the same calls leave the views open: turn one with the mouse and all turn, drag
the time and the colours keep their meaning.
"""

import argparse

from stsr_plugin import check, linked_views

from paraview import simple  # isort: skip  (after stsr_plugin, which puts the newer numpy in front)

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("model", help="a .stsr model")
parser.add_argument("full", help="the series it is compared with")
parser.add_argument("coarse", help="the series it was trained on, which is also interpolated")
parser.add_argument("picture", help="of the middle step, ending in .png")
parser.add_argument("film", help="of all steps")
parser.add_argument("--size", type=int, default=420, help="pixels of one view (default 420)")
options = parser.parse_args()

truth, coarse = simple.OpenDataFile(options.full), simple.OpenDataFile(options.coarse)
steps, kept = list(truth.TimestepValues), list(coarse.TimestepValues)
times = [t for t in steps if kept[0] <= t <= kept[-1]]
if not times:
    raise SystemExit(
        f"no step of {options.full} lies within the times {kept[0]:g} to {kept[-1]:g} of {options.coarse}"
    )
middle = times[len(times) // 2]
if left_out := [f"{t:g}" for t in steps if t not in times]:
    print(
        f"left out, outside the times {kept[0]:g} to {kept[-1]:g} of {options.coarse}: {', '.join(left_out)}"
    )
    # The animation has only the steps that stay: those of the series itself do not count any more.
    simple.GetTimeKeeper().SuppressedTimeSources = [truth]
    truth = simple.ExtractTimeSteps(Input=truth, SelectionMode="Select Time Range")
    truth.TimeStepRange = [steps.index(times[0]), steps.index(times[-1])]
prediction = simple.NeuralUpscale(
    Input=coarse, ModelFile=options.model, OutputGrid="Match dataset", Like=truth
)
check(prediction, middle)  # ends the script with the filter's own sentence if the model is unusable

# Trilinear in space, linear in time. The bounds are set last: ParaView fits them to a new filter's input.
truth.UpdatePipeline(middle)
information = truth.GetDataInformation()
extent = information.GetExtent()
interpolation = simple.ResampleToImage(Input=simple.TemporalInterpolator(Input=coarse))
interpolation.SamplingDimensions = [extent[2 * i + 1] - extent[2 * i] + 1 for i in range(3)]
interpolation.UseInputBounds = 0
interpolation.SamplingBounds = information.GetBounds()

views = linked_views(
    {"ground truth": truth, "prediction": prediction, "interpolation": interpolation},
    prediction.PointData[0].GetName(),
    size=(options.size, options.size),
)
simple.GetAnimationScene().AnimationTime = middle
views.save_png(options.picture)
views.save_animation(options.film)
