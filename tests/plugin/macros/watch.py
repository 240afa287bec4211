"""Write a line at each execution of the active source, which keeps one step only."""

import json
import os

from paraview import simple

from stsr_filters.pipeline import live

source = simple.GetActiveSource()
source.TimeFactor, source.Device, source.CacheSize = 1, "cpu", 1  # MiB: room for one step


def executed(algorithm, event):
    """What was computed, for which time, and what the views say of it."""
    image = algorithm.GetOutputDataObject(0)
    line = {
        "time": image.GetInformation().Get(image.DATA_TIME_STEP()),
        "preview": bool(image.GetFieldData().HasArray("stsr preview")),
        "status": algorithm.GetStatus(),
        "labels": [label.text for label in live._windows[-1]._labels.values()],
    }
    with open(os.environ["STSR_FOLDER"] + "/seen", "a") as stream:
        print(json.dumps(line), file=stream)


source.SMProxy.GetClientSideObject().AddObserver("EndEvent", executed)
