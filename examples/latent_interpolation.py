"""A row of pictures between two ensemble members of one model, at one time: what was never simulated.

    python examples/latent_interpolation.py both.stsr between.png
    stsr-paraview run pvpython examples/latent_interpolation.py both.stsr between.png --isovalue 0.2

Both write the same picture; --help lists what can be chosen.

What lies between members means something only if they are runs of one family and were learned jointly. The
demo's two series show how that is done, though they are no family:

    stsr fit demo-output/tornado/coarse.pvd demo-output/vortex/coarse.pvd -o both.stsr
"""

import argparse

import stsr_plugin  # noqa: F401  (inside ParaView it makes the environment importable)
from stsr_filters import Camera, LatentInterpolate, side_by_side

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("model", help="a .stsr model of two or more members")
parser.add_argument("output", help="the picture, ending in .png")
parser.add_argument("--first", default="", help="the member on the left (default: the model's first)")
parser.add_argument("--second", default="", help="the member on the right (default: the one after it)")
parser.add_argument("--steps", type=int, default=5, help="pictures in the row, at least 2 (default 5)")
parser.add_argument("--time", type=float, help="time of the simulation (default: the middle of its range)")
parser.add_argument("--factor", type=float, default=1.0, help="finer or coarser than the data (default 1)")
parser.add_argument("--spherical", action="store_true", help="along the arc, not the straight line")
parser.add_argument("--isovalue", type=float, help="draw this isosurface (default: the whole volume)")
parser.add_argument("--size", type=int, default=480, help="pixels of one picture (default 480)")
options = parser.parse_args()

source = LatentInterpolate()
source.SetFileName(options.model)
source.SetFirst(options.first)
source.SetSecond(options.second)
source.SetInterpolation(int(options.spherical))
source.SetFactor(options.factor)
source.UpdateInformation()
time = options.time if options.time is not None else sum(source.GetTimeRange()) / 2

images = {}
for i in range(max(2, options.steps)):
    weight = i / (max(2, options.steps) - 1)
    source.SetWeight(weight)
    source.UpdateTimeStep(time)
    if source.GetLastError():
        raise SystemExit(source.GetLastError())
    print(source.GetStatus())
    image = source.GetOutputDataObject(0)
    images[f"α = {weight:.2f}"] = image.NewInstance()
    images[f"α = {weight:.2f}"].ShallowCopy(image)

members = image.GetFieldData().GetAbstractArray("interpolated members")
first, second = members.GetValue(0), members.GetValue(1)
left, *between, right = images
notes = {left: first, **dict.fromkeys(between, ""), right: second}
side_by_side(
    images,
    "interpolated",
    isovalue=options.isovalue,
    difference=False,
    camera=Camera.around(image.GetBounds()),
    size=(options.size, options.size),
    title=f"Between {first} and {second}, t = {time:g}",
    notes=notes,
    label="value",
    path=options.output,
)
