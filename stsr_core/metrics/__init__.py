"""Measures of a reconstruction against its ground truth: arrays in, numbers out; no file is read or written.

Names are imported on first use, so that PSNR needs neither scipy nor VTK nor torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Public name → module: every public name once.
_EXPORTS = {
    "psnr": "stsr_core.metrics.volume",
    "decibels": "stsr_core.metrics.volume",
    "psnr_per_step": "stsr_core.metrics.volume",
    "rmse": "stsr_core.metrics.volume",
    "nrmse": "stsr_core.metrics.volume",
    "max_error": "stsr_core.metrics.volume",
    "value_range": "stsr_core.metrics.volume",
    "ssim": "stsr_core.metrics.structure",
    "lpips_distance": "stsr_core.metrics.image",
    "lpips_weights": "stsr_core.metrics.image",
    "srgb_to_cieluv": "stsr_core.metrics.color",
    "cieluv_distance": "stsr_core.metrics.color",
    "difference_colors": "stsr_core.metrics.color",
    "difference_image": "stsr_core.metrics.color",
    "DIFFERENCE_COLORS": "stsr_core.metrics.color",
    "isosurface_points": "stsr_core.metrics.surface",
    "chamfer_distance": "stsr_core.metrics.surface",
    "chamfer_of_isosurfaces": "stsr_core.metrics.surface",
    "chamfer_per_step": "stsr_core.metrics.surface",
    "require_isovalue": "stsr_core.metrics.surface",
    "Measure": "stsr_core.metrics.table",
    "Volumes": "stsr_core.metrics.table",
    "Pictures": "stsr_core.metrics.table",
    "Undefined": "stsr_core.metrics.table",
    "StepMean": "stsr_core.metrics.curves",
    "StepCurve": "stsr_core.metrics.curves",
    "mean_over_steps": "stsr_core.metrics.curves",
    "step_curve": "stsr_core.metrics.curves",
}

__all__ = list(_EXPORTS)


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'stsr_core.metrics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
