"""What the tests of the evaluation share."""

from __future__ import annotations

from pathlib import Path

from stsr_core.series import VolumeSeries
from stsr_filters.evaluation import Kept, Settings

#: One pass, small pictures, the fewest steps.
QUICK = {"minutes": None, "epochs": 1, "device": "cpu", "size": 64, "steps_rendered": 3, "most_voxels": 1}
#: The same in words, with a small STSR-INR.
WORDS = [
    *("--epochs", "1", "--device", "cpu", "--size", "64", "--steps-rendered", "3", "--voxels", "1"),
    *("--set", "stsr_inr.widths=[8,8,16]"),
]


def settings(series: VolumeSeries, kept: Kept | None = None, **changes) -> Settings:
    """Settings of a run of seconds."""
    return Settings(dict.fromkeys(series.names, kept or Kept(2, 3)), **{**QUICK, **changes})


def files(folder: Path) -> set[str]:
    """Names in a folder."""
    return {path.name for path in folder.iterdir()}
