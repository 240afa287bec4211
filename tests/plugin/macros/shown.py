"""Keep what is shown of the active source, and what a script then shows of another."""

import json
import os

from paraview import simple

view, source = simple.GetActiveView(), simple.GetActiveSource()
of_click = simple.GetDisplayProperties(source, view)
shown = [s.Input.GetXMLName() for s in view.Representations if getattr(s, "Input", None)]
seen = {
    "inputs": shown,
    "representation": str(of_click.Representation),
    "rescales": str(of_click.LookupTable.AutomaticRescaleRangeMode),
    "up": list(view.CameraViewUp),
    "steps": list(simple.GetTimeKeeper().TimestepValues),
}
simple.Hide(source, view)
view.CameraViewUp = [0.0, 1.0, 0.0]
of_script = simple.Show(simple.STSRModel(FileName=source.FileName), view)
simple.Render(view)
seen["lit"] = [int(of_click.Shade), int(of_script.Shade)]
simple.Delete(of_script.Input)
simple.SetActiveSource(source)
with open(os.environ["STSR_FOLDER"] + "/shown.json", "w") as stream:
    json.dump(seen, stream)
