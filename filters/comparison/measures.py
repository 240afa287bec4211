"""Every measure of one variable at one step, with a remark for each that is not defined there."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from stsr_filters.comparison.pairs import Pair
from stsr_filters.comparison.survey import Survey

#: Measure → unit ("" for none, "data" for that of the variable), in the order of tables.
MEASURES = {
    "psnr": "dB",
    "psnr_global": "dB",
    "rmse": "data",
    "nrmse": "",
    "max_error": "data",
    "ssim": "",
    "chamfer": "voxels",
    "lpips": "",
    "cieluv": "",
}
_SSIM_WINDOW = 11


class Surface(IntEnum):
    """The values of the property Isosurface."""

    NONE = 0
    AUTOMATIC = 1
    VALUE = 2


@dataclass(frozen=True)
class SurfaceChoice:
    """Which isosurface the chamfer distance compares; ``value`` counts in mode VALUE, in physical units."""

    mode: int = Surface.AUTOMATIC
    value: float = 0.0

    def check(self) -> None:
        """ValueError unless the mode is known and the value finite."""
        if self.mode not in tuple(Surface):
            raise ValueError(f"Isosurface must be 0 (none), 1 (automatic) or 2 (value), got {self.mode}")
        if self.mode == Surface.VALUE and not math.isfinite(self.value):
            raise ValueError(f"Isovalue must be finite, got {self.value}")

    def isovalue(self, survey: Survey) -> float:
        """The isovalue for a variable; NaN where there is none, as in mode NONE or for a constant."""
        from stsr_filters.evaluation.isovalue import separating_value

        if self.mode == Surface.VALUE:
            return self.value
        found = separating_value(survey.sample()) if self.mode == Surface.AUTOMATIC else None
        return math.nan if found is None else found


@dataclass(frozen=True)
class Measured:
    """One variable at one step.

    Parameters
    ----------
    values : dict of str to float
        By the names of :data:`MEASURES`; NaN where a measure is not defined or was not wanted.
    isovalue : float
        NaN if no surface was compared.
    points, masked : int
        Points compared and left out.
    remarks : tuple of str
        Why a value that was wanted is NaN.
    """

    values: dict[str, float]
    isovalue: float
    points: int
    masked: int
    remarks: tuple[str, ...] = ()


def measure(
    pair: Pair,
    survey: Survey,
    surface: SurfaceChoice,
    *,
    global_range: float = math.nan,
    report: Callable[[str], None] = lambda text: None,
) -> Measured:
    """Compare one variable point by point and surface by surface.

    Parameters
    ----------
    survey : Survey
        Of the ground truth: this step, or the whole series, from which an automatic isovalue comes.
    global_range : float
        Range of the ground truth over the whole series for ``psnr_global``; NaN if it is not known.
    report : callable
        Called with what is begun; may raise to stop.

    Notes
    -----
    ``psnr``, ``nrmse`` and ``ssim`` use the range of the ground truth at this step over the points compared;
    they are NaN where it is constant. All come from :mod:`stsr_core.metrics`.
    """
    from stsr_core.metrics import max_error, nrmse, psnr, psnr_per_step, require_isovalue, rmse, value_range

    truth, prediction = pair.truth, pair.prediction
    mask = None if pair.mask.all() else pair.mask
    values = dict.fromkeys(MEASURES, math.nan)
    remarks: list[str] = []
    report(f"{pair.name}: PSNR")
    step_mask = None if mask is None else mask[None]
    values["psnr"] = float(psnr_per_step(truth[None], prediction[None], mask=step_mask)[0])
    report(f"{pair.name}: RMSE")
    values["rmse"] = rmse(truth, prediction, mask=mask)
    if global_range > 0:
        # The same number as of the arrays, without reading them again.
        values["psnr_global"] = psnr(np.zeros(1), np.array([values["rmse"]]), data_range=global_range)
    data_range = value_range(truth, mask=mask)
    report(f"{pair.name}: NRMSE")
    if data_range > 0:
        values["nrmse"] = nrmse(truth, prediction, data_range=data_range, mask=mask)
    else:
        constant = float(truth[pair.mask][0])
        remarks.append(
            f"{pair.name}: the ground truth is constant ({constant:g}), so PSNR, NRMSE and SSIM are "
            "not defined"
        )
    report(f"{pair.name}: largest error")
    values["max_error"] = max_error(truth, prediction, mask=mask)
    if data_range > 0:
        report(f"{pair.name}: SSIM")
        values["ssim"] = _ssim(pair, data_range, mask, remarks)
    isovalue = surface.isovalue(survey)
    if surface.mode != Surface.NONE and math.isfinite(isovalue):
        try:
            require_isovalue(isovalue, survey.low, survey.high)
        except ValueError as error:
            remarks.append(f"{pair.name}: {error}")
        else:
            values["chamfer"] = _chamfer(pair, isovalue, mask, remarks, report)
    report(f"{pair.name}: measured")
    points = int(np.count_nonzero(pair.mask))
    return Measured(values, isovalue, points, pair.mask.size - points, tuple(remarks))


def _missing(what: str, error: ImportError) -> str:
    """Why a measure that needs scipy is left out, with the remedy for ParaView's usual trouble."""
    return (
        f"{what} is left out: scipy cannot be used here ({error}; numpy is {np.__version__}); a script that "
        "imports numpy itself must import stsr_plugin before"
    )


def _ssim(pair: Pair, data_range: float, mask: np.ndarray | None, remarks: list[str]) -> float:
    axes = [n for n in pair.truth.shape if n > 1]
    if not axes or min(axes) < _SSIM_WINDOW:
        remarks.append(
            f"{pair.name}: SSIM needs at least {_SSIM_WINDOW} nodes along each axis, got "
            + " x ".join(str(n) for n in pair.truth.shape[::-1])
        )
        return math.nan
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="A NumPy version")  # said below if it matters
            from stsr_core.metrics import ssim

            return ssim(pair.truth, pair.prediction, data_range=data_range, mask=mask)
    except ImportError as error:
        remarks.append(_missing("SSIM", error))
        return math.nan
    except ValueError as error:  # the mask leaves no whole window
        remarks.append(f"{pair.name}: SSIM: {error}")
        return math.nan


def _chamfer(
    pair: Pair,
    isovalue: float,
    mask: np.ndarray | None,
    remarks: list[str],
    report: Callable[[str], None],
) -> float:
    from stsr_core.metrics import chamfer_distance, isosurface_points

    surfaces = []
    for whose, values in (("ground truth", pair.truth), ("prediction", pair.prediction)):
        report(f"{pair.name}: isosurface of the {whose}")
        surfaces.append(isosurface_points(values, isovalue, mask=mask))
    report(f"{pair.name}: chamfer distance")
    empty = [w for w, s in zip(("ground truth", "prediction"), surfaces, strict=True) if len(s) == 0]
    if empty:
        remarks.append(
            f"{pair.name}: the isosurface {isovalue:g} of the {' and the '.join(empty)} is empty at this "
            "step, so its chamfer distance is not defined"
        )
    try:
        return chamfer_distance(*surfaces)
    except ImportError as error:
        remarks.append(_missing("the chamfer distance", error))
        return math.nan
