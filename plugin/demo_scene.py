"""Run by ParaView's window for `stsr-paraview demo`: a series of the demo, its model between steps."""

import os
from pathlib import Path

from stsr_core.demo import Files
from stsr_plugin import show

from paraview import simple  # isort: skip  (after stsr_plugin, which puts the newer numpy in front)


def scene(files: Files) -> None:
    """Ground truth and kept samples wait in the pipeline browser; the model is shown."""
    simple.OpenDataFile(str(files.full), registrationName="ground truth")
    coarse = simple.OpenDataFile(str(files.coarse), registrationName="kept samples")
    model = simple.STSRModel(registrationName="model", FileName=str(files.model))
    kept = list(coarse.TimestepValues)
    middle = len(kept) // 2
    show(model, time=(kept[middle - 1] + kept[middle]) / 2)
    simple.SetActiveSource(model)
    simple.Render()


scene(Files.of(Path(os.environ["STSR_DEMO"])))
