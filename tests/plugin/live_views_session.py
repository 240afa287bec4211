"""Run by pvpython for test_live_views.py: makes linked views of a model and its series, and prints JSON."""

import json
import sys

from stsr_plugin import FilterFailed, linked_views  # before numpy_support, which would import an older numpy

from paraview import servermanager, simple  # isort: skip
from stsr_plugin.live import data as live_data  # isort: skip  (which needs paraview)
from paraview.vtk.util import numpy_support  # isort: skip

model, series, folder = sys.argv[1:4]
found = {}
SIZE = (120, 100)


def maps(views):
    """Points of the four shared functions."""
    functions = views.colors.RGBPoints, views.opacity.Points
    functions += views.error_colors.RGBPoints, views.error_opacity.Points
    return [list(f) for f in functions]


def cameras(views):
    """Camera positions of the views, rounded, and of the legend."""
    every = [*views.views.values(), views.legend]
    return [[round(x, 4) for x in view.CameraPosition] for view in every]


def words(title):
    """What the title of a view says."""
    text = simple.FindSource(f"title of {title}")
    text.UpdatePipeline(simple.GetAnimationScene().AnimationTime)
    return servermanager.Fetch(text).GetRowData().GetAbstractArray(0).GetValue(0)


def refusal(*arguments, **options):
    """What linked_views says to this."""
    try:
        linked_views(*arguments, **{"size": SIZE, **options})
    except (ValueError, TypeError, FilterFailed) as error:
        return f"{type(error).__name__}: {error}"
    return ""


truth = simple.OpenDataFile(series)
prediction = simple.NeuralUpscale(Input=truth, ModelFile=model, Factor=1)
coarse = simple.ExtractSubset(Input=truth, SampleRateI=2, SampleRateJ=2, SampleRateK=2, VOI=[0, 11] * 3)
coarse.IncludeBoundary = 0
sources = {"ground truth": truth, "prediction": prediction, "coarse": coarse}
views = linked_views(sources, "a", size=SIZE)

found["titles"] = list(views.views)
found["names"] = [simple.servermanager.ProxyManager().GetProxyName("views", v) for v in views.views.values()]
found["in layout"] = len(simple.GetViewsInLayout(views.layout))
found["sizes"] = [list(view.ViewSize) for view in views.views.values()]
found["time"] = simple.GetAnimationScene().AnimationTime
found["maps"] = maps(views)
values, errors = list(views.displays)[:3], list(views.displays)[3:]
found["shared"] = [
    all(views.displays[t].LookupTable.SMProxy is views.colors.SMProxy for t in values),
    all(views.displays[t].ScalarOpacityFunction.SMProxy is views.opacity.SMProxy for t in values),
    all(views.displays[t].LookupTable.SMProxy is views.error_colors.SMProxy for t in errors),
]
found["representations"] = sorted({str(d.Representation) for d in views.displays.values()})
found["distances"] = sorted({round(d.ScalarOpacityUnitDistance, 6) for d in views.displays.values()})
bars = [r for r in views.legend.Representations if r.GetXMLName() == "ScalarBarWidgetRepresentation"]
found["bars"] = [[bar.Title, bar.Visibility] for bar in bars]
found["bars elsewhere"] = sum(
    r.GetXMLName() == "ScalarBarWidgetRepresentation" for v in views.views.values() for r in v.Representations
)

# A point the coarse grid does not reach.
compared = numpy_support.vtk_to_numpy(
    servermanager.Fetch(views.comparisons["coarse"]).GetPointData().GetArray("a_error")
)
drawn = numpy_support.vtk_to_numpy(
    servermanager.Fetch(views.displays["error of coarse"].Input).GetPointData().GetArray("a_error")
)
found["not compared, and shown there"] = [
    int((compared != compared).sum()),
    float(abs(drawn[compared != compared]).max()),
]

found["cameras"] = cameras(views)
for i, title in enumerate(views.views):
    views.views[title].CameraPosition = [20.0 + i, 10, 10]
    simple.Render(views.views[title])
    found[f"cameras, {title} moved"] = cameras(views)

simple.GetAnimationScene().AnimationTime = 16.3
simple.RenderAllViews()
other = simple.CreateRenderView(ViewSize=[64, 64])
shown = simple.Show(truth, other)
simple.ColorBy(shown, ("POINTS", "a"))
simple.Render(other)
found["maps at another time, shown elsewhere"] = maps(views)
found["words"] = [words(title) for title in ("prediction", "error of prediction")]
simple.Delete(other)

views.views["coarse"].CameraPosition = [30.0, 10, 10]  # not drawn yet
views.save_png(folder + "/views.png")
found["cameras after saving"] = cameras(views)
views.views["prediction"].CameraPosition = views.camera.position
simple.Render(views.views["prediction"])
found["cameras linked again"] = cameras(views)
scene = simple.GetAnimationScene()
before = [str(scene.PlayMode), scene.NumberOfFrames, scene.AnimationTime]
views.save_animation(folder + "/film.png", frames=3)
found["animation"] = [before, [str(scene.PlayMode), scene.NumberOfFrames, scene.AnimationTime]]
for name, call in (("png", views.save_png), ("animation", views.save_animation)):
    for path in ("/views.xyz", "/nowhere/views.png"):
        try:
            call(folder + path)
        except (ValueError, FileNotFoundError) as error:
            found[f"{path}, {name}"] = str(error).replace(folder, "")

compare = simple.ComparetoGT(Prediction=prediction, GroundTruth=truth)
executions = []
compare.SMProxy.GetClientSideObject().AddObserver("StartEvent", lambda *_: executions.append(1))
simple.GetAnimationScene().AnimationTime = 12.0
second = linked_views(
    {"ground truth": truth, "prediction": prediction},
    "a",
    compare=compare,
    error_limit=0.5,
    isovalue=5.0,
    times=[12.0],
    size=SIZE,
    label="heat",
)
second.save_png(folder + "/isosurfaces.png")
found["given"] = {
    "same": second.comparisons["prediction"].SMProxy is compare.SMProxy,
    "executions": len(executions),
    "range": [second.error_colors.RGBPoints[0], second.error_colors.RGBPoints[-4]],
    "isovalues": [list(second.displays[t].Input.Isosurfaces) for t in ("ground truth", "prediction")],
    "words": words("prediction   heat = 5"),
}
second.save_animation(folder + "/steps.png")

# Many values are thinned out on the server; a filter that lists no times has those of its input.
truth.UpdatePipeline(12.0)
all_at_once, live_data._SAMPLES_PER_STEP = live_data._SAMPLES_PER_STEP, 500
found["thinned"] = live_data.sample(truth, "a").tolist()
live_data._SAMPLES_PER_STEP = all_at_once
twice = simple.Calculator(Input=truth, Function="2*a", ResultArrayName="twice")
doubled = linked_views({"twice": twice}, "twice", difference=False, size=SIZE)
found["doubled"] = [doubled.colors.RGBPoints[0], doubled.colors.RGBPoints[-4]]

wavelet = simple.Wavelet(WholeExtent=[-5, 5] * 3)
alone = linked_views({"a {static} one": wavelet}, "RTData", difference=False, size=SIZE)
found["alone"] = [list(alone.views), words("a {static} one"), alone.error_colors]

broken = simple.NeuralUpscale(Input=truth, ModelFile="/nowhere.stsr")
pair = {"ground truth": truth, "prediction": prediction}
before = len(simple.GetSources()), len(simple.GetLayouts())
found["refusals"] = [
    refusal({}, "a"),
    refusal([truth], "a"),
    refusal({"ground truth": "file.pvd"}, "a"),
    refusal({"ground truth": truth}, "a"),
    refusal(pair, "c"),
    refusal({"ground truth": simple.Sphere()}, "Normals", difference=False),
    refusal({**pair, "prediction": broken}, "a"),
    refusal({**pair, "prediction": coarse}, "a", compare=compare),
    refusal(pair, "a", compare=prediction),
    refusal(pair, "a", error_limit=-1),
    refusal({**pair, "error of prediction": coarse}, "a"),
    refusal(
        {"ground truth": simple.ExtractSubset(Input=truth, VOI=[0, 11, 0, 11, 3, 3])}, "a", difference=False
    ),
]
# A sphere and a subset are the arguments' own.
found["left behind"] = [len(simple.GetSources()) - before[0] - 2, len(simple.GetLayouts()) - before[1]]
print("\nfound:" + json.dumps(found, default=str))
