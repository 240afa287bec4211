"""Measures of a reconstruction against its ground truth: arrays in, numbers out; no file is read or written.

Names are imported on first use, so that PSNR needs neither scipy nor VTK nor torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stsr_core.lazy import attach

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
    "radial_power": "stsr_core.metrics.spectrum",
    "dice": "stsr_core.metrics.cells",
    "shape_of": "stsr_core.metrics.cells",
    "Shape": "stsr_core.metrics.cells",
    "Cells": "stsr_core.metrics.cells",
    "SegmentedPair": "stsr_core.metrics.cells",
    "Measure": "stsr_core.metrics.table",
    "Volumes": "stsr_core.metrics.table",
    "Pictures": "stsr_core.metrics.table",
    "Undefined": "stsr_core.metrics.table",
    "StepMean": "stsr_core.metrics.curves",
    "StepCurve": "stsr_core.metrics.curves",
    "mean_over_steps": "stsr_core.metrics.curves",
    "step_curve": "stsr_core.metrics.curves",
}

__all__ = [*_EXPORTS]

if TYPE_CHECKING:
    from stsr_core.metrics.cells import Cells as Cells
    from stsr_core.metrics.cells import SegmentedPair as SegmentedPair
    from stsr_core.metrics.cells import Shape as Shape
    from stsr_core.metrics.cells import dice as dice
    from stsr_core.metrics.cells import shape_of as shape_of
    from stsr_core.metrics.color import DIFFERENCE_COLORS as DIFFERENCE_COLORS
    from stsr_core.metrics.color import cieluv_distance as cieluv_distance
    from stsr_core.metrics.color import difference_colors as difference_colors
    from stsr_core.metrics.color import difference_image as difference_image
    from stsr_core.metrics.color import srgb_to_cieluv as srgb_to_cieluv
    from stsr_core.metrics.curves import StepCurve as StepCurve
    from stsr_core.metrics.curves import StepMean as StepMean
    from stsr_core.metrics.curves import mean_over_steps as mean_over_steps
    from stsr_core.metrics.curves import step_curve as step_curve
    from stsr_core.metrics.image import lpips_distance as lpips_distance
    from stsr_core.metrics.image import lpips_weights as lpips_weights
    from stsr_core.metrics.spectrum import radial_power as radial_power
    from stsr_core.metrics.structure import ssim as ssim
    from stsr_core.metrics.surface import chamfer_distance as chamfer_distance
    from stsr_core.metrics.surface import chamfer_of_isosurfaces as chamfer_of_isosurfaces
    from stsr_core.metrics.surface import chamfer_per_step as chamfer_per_step
    from stsr_core.metrics.surface import isosurface_points as isosurface_points
    from stsr_core.metrics.surface import require_isovalue as require_isovalue
    from stsr_core.metrics.table import Measure as Measure
    from stsr_core.metrics.table import Pictures as Pictures
    from stsr_core.metrics.table import Undefined as Undefined
    from stsr_core.metrics.table import Volumes as Volumes
    from stsr_core.metrics.volume import decibels as decibels
    from stsr_core.metrics.volume import max_error as max_error
    from stsr_core.metrics.volume import nrmse as nrmse
    from stsr_core.metrics.volume import psnr as psnr
    from stsr_core.metrics.volume import psnr_per_step as psnr_per_step
    from stsr_core.metrics.volume import rmse as rmse
    from stsr_core.metrics.volume import value_range as value_range

__getattr__, __dir__ = attach(__name__, _EXPORTS)
