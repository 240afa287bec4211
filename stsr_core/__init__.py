"""Neural spatiotemporal super-resolution of scientific volumes.

>>> import stsr_core as stsr
>>> series = stsr.open_series("run01/*.vti")            # doctest: +SKIP
>>> field = stsr.fit(series, "vf.stsr", minutes=3)      # doctest: +SKIP
>>> values = stsr.evaluate(field, grid, times, "run01") # doctest: +SKIP
>>> stsr.upscale(field, "out.pvd", factor=2)            # doctest: +SKIP

Names are imported on first use, so that ``import stsr_core`` brings neither torch nor scipy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stsr_core.lazy import attach
from stsr_core.threads import wait_passively

wait_passively()

__version__ = "0.1.0"

#: Public name → module: the whole public surface.
_EXPORTS = {
    "Grid": "stsr_core.grid",
    "Variable": "stsr_core.series",
    "VolumeSeries": "stsr_core.series",
    "refined_times": "stsr_core.series",
    "open_images": "stsr_core.imagecodec.open",
    "open_series": "stsr_core.io",
    "write_series": "stsr_core.io",
    "tornado": "stsr_core.datasets",
    "subsample": "stsr_core.kept",
    "bake": "stsr_core.training.baking",
    "compact": "stsr_core.training.distillation.compact",
    "fit": "stsr_core.training",
    "resume": "stsr_core.training",
    "evaluate": "stsr_core.inference",
    "upscale": "stsr_core.inference.upscaling",
    "OutsideTrainedRange": "stsr_core.coordinates",
    "load": "stsr_core.model.checkpoint",
    "read_header": "stsr_core.model.checkpoint",
    "CheckpointError": "stsr_core.model.checkpoint",
    "psnr": "stsr_core.metrics",
}

__all__ = ["__version__", *_EXPORTS]

if TYPE_CHECKING:
    from stsr_core.coordinates import OutsideTrainedRange as OutsideTrainedRange
    from stsr_core.datasets import tornado as tornado
    from stsr_core.grid import Grid as Grid
    from stsr_core.imagecodec.open import open_images as open_images
    from stsr_core.inference import evaluate as evaluate
    from stsr_core.inference.upscaling import upscale as upscale
    from stsr_core.io import open_series as open_series
    from stsr_core.io import write_series as write_series
    from stsr_core.kept import subsample as subsample
    from stsr_core.metrics import psnr as psnr
    from stsr_core.model.checkpoint import CheckpointError as CheckpointError
    from stsr_core.model.checkpoint import load as load
    from stsr_core.model.checkpoint import read_header as read_header
    from stsr_core.series import Variable as Variable
    from stsr_core.series import VolumeSeries as VolumeSeries
    from stsr_core.series import refined_times as refined_times
    from stsr_core.training import fit as fit
    from stsr_core.training import resume as resume
    from stsr_core.training.baking import bake as bake
    from stsr_core.training.distillation.compact import compact as compact

__getattr__, __dir__ = attach(__name__, _EXPORTS)
