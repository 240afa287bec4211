"""Every measure of a prediction against its ground truth, one row each: the only list of them.

A new measure is its function and one row. The function takes :class:`Volumes`, or :class:`Pictures` of a
measure of renderings, and returns a number; None where what it needs was not given (an isovalue, the range of
the series); it raises :class:`Undefined` where there is no number, with the reason.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from stsr_core.metrics.cells import Cells, SegmentedPair
from stsr_core.metrics.volume import decibels, max_error, rmse, value_range

_SSIM_WINDOW = 11


class Undefined(ValueError):
    """A measure has no value here; the message says why, as a sentence."""


class ConstantTruth(Undefined):
    """The ground truth is constant: one reason for all measures relative to its range."""


@dataclass(frozen=True)
class Volumes:
    """One variable at one step, of which measures are taken.

    Parameters
    ----------
    truth, prediction : ndarray
        (Z, Y, X) of one shape, in the unit of the variable.
    mask : ndarray of bool, optional
        (Z, Y, X), True where a point counts; at least one does. Values are finite there.
    series_range : float, optional
        Largest minus smallest value of the ground truth over its whole series, > 0.
    isovalue : float, optional
        Inside the range of the ground truth over its whole series.
    cells : Cells, optional
        How cells are told from their background, for the measures of cells.
    report : callable
        Called with what is begun within a long measure; may raise to stop.
    """

    truth: np.ndarray
    prediction: np.ndarray
    mask: np.ndarray | None = None
    series_range: float | None = None
    isovalue: float | None = None
    cells: Cells | None = None
    report: Callable[[str], None] = lambda text: None

    @cached_property
    def rmse(self) -> float:
        """Several measures derive from it, and the arrays are read once."""
        return rmse(self.truth, self.prediction, mask=self.mask)

    @cached_property
    def own_range(self) -> float:
        """Range of the ground truth at this very step; ConstantTruth unless > 0."""
        found = value_range(self.truth, mask=self.mask)
        if not found > 0:
            value = (self.truth if self.mask is None else self.truth[self.mask]).flat[0]
            raise ConstantTruth(f"the ground truth is constant ({value:g})")
        return found

    @cached_property
    def segmented(self) -> SegmentedPair | None:
        """The cells of both, where they are wanted; ConstantTruth where nothing can be told apart."""
        if self.cells is None or not self.own_range:
            return None
        return self.cells.of(self.truth, self.prediction, self.mask)


@dataclass(frozen=True)
class Pictures:
    """Two renderings by one camera, of which measures are taken.

    Parameters
    ----------
    truth, prediction : ndarray
        (H, W, 3) sRGB of one size, bytes or floating point 0 to 1.
    download : bool
        As for :func:`stsr_core.metrics.lpips_distance`.
    """

    truth: np.ndarray
    prediction: np.ndarray
    download: bool = False


@dataclass(frozen=True)
class Measure:
    """One row of the table.

    Parameters
    ----------
    key : str
        Name in files, columns and code.
    name : str
        Name in words: heads of tables and curves.
    unit : str
        "" for none, "data" for that of the variable, "length²" and "length³" for those of its grid.
    rises : bool or None
        Whether more is better; None of what is not compared but shown beside each other.
    digits : int
        Decimals in a table; significant digits where the unit is that of the data or a length.
    function : callable
        :class:`Volumes` or :class:`Pictures` → number, see above.
    of_pictures : bool
        Taken of renderings.
    in_reports : bool
        Shown in the tables and figures of ``stsr evaluate``, which have no room for all.
    of_cells : bool
        Taken of cells, in a table of their own.
    largest : bool
        Over several steps the largest value counts, not the mean.
    """

    key: str
    name: str
    unit: str
    rises: bool | None
    digits: int
    function: Callable[[Any], float | None]
    of_pictures: bool = False
    in_reports: bool = False
    of_cells: bool = False
    largest: bool = False

    def value(self, given: Volumes | Pictures) -> float | None:
        """The function's value; NaN where it is not defined.

        Examples
        --------
        >>> MEASURES["max_error"].value(Volumes(np.zeros((1, 1, 2)), np.array([[[1.0, -3.0]]])))
        3.0
        """
        try:
            return self.function(given)
        except Undefined:
            return math.nan

    def text(self, value: float | None) -> str:
        """A value for a table: "–" where there is none, "∞" for the PSNR of equal volumes.

        Examples
        --------
        >>> MEASURES["psnr"].text(31.4159), MEASURES["rmse"].text(0.0314159), MEASURES["ssim"].text(None)
        ('31.42', '0.03142', '–')
        """
        if value is None or math.isnan(value):
            return "–"
        if not math.isfinite(value):
            return "∞"
        return f"{value:.{self.digits}{'g' if self.unit.startswith(('data', 'length')) else 'f'}}"

    @property
    def head(self) -> str:
        """Name with an arrow towards the better.

        Examples
        --------
        >>> MEASURES["psnr"].head, MEASURES["lpips"].head
        ('PSNR ↑', 'LPIPS ↓')
        """
        return self.name if self.rises is None else f"{self.name} {'↑' if self.rises else '↓'}"


def _psnr(given: Volumes) -> float:
    return decibels(given.rmse, data_range=given.own_range)


def _psnr_global(given: Volumes) -> float | None:
    return None if given.series_range is None else decibels(given.rmse, data_range=given.series_range)


def _nrmse(given: Volumes) -> float:
    return given.rmse / given.own_range


def _max_error(given: Volumes) -> float:
    return max_error(given.truth, given.prediction, mask=given.mask)


def _ssim(given: Volumes) -> float:
    data_range = given.own_range
    axes = [n for n in given.truth.shape if n > 1]
    if not axes or min(axes) < _SSIM_WINDOW:
        nodes = " x ".join(str(n) for n in given.truth.shape[::-1])
        raise Undefined(f"SSIM needs at least {_SSIM_WINDOW} nodes along each axis, got {nodes}")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="A NumPy version")  # said below if it matters
            from stsr_core.metrics import ssim

            return ssim(given.truth, given.prediction, data_range=data_range, mask=given.mask)
    except ImportError as error:
        raise _without_scipy(error) from error
    except ValueError as error:
        if given.mask is None:
            raise
        raise Undefined(f"SSIM: {error}") from error  # the mask leaves no whole window


def _chamfer(given: Volumes) -> float | None:
    if given.isovalue is None:
        return None
    from stsr_core.metrics import chamfer_distance, isosurface_points

    truth = isosurface_points(given.truth, given.isovalue, mask=given.mask)
    given.report("isosurface of the prediction")
    prediction = isosurface_points(given.prediction, given.isovalue, mask=given.mask)
    given.report("chamfer distance")
    empty = [who for who, s in (("ground truth", truth), ("prediction", prediction)) if len(s) == 0]
    if empty:
        raise Undefined(
            f"the isosurface {given.isovalue:g} of the {' and the '.join(empty)} is empty at this "
            "step, so its chamfer distance is not defined"
        )
    try:
        return chamfer_distance(truth, prediction)
    except ImportError as error:
        raise _without_scipy(error) from error


def _dsc(given: Volumes) -> float | None:
    return None if given.segmented is None else given.segmented.dice


def _shape(what: str, which: int) -> Callable[[Volumes], float | None]:
    """A measure of the cells of the ground truth (0) or of the prediction (1)."""

    def function(given: Volumes) -> float | None:
        return None if given.segmented is None else getattr(given.segmented, what)(which)

    return function


def _bsa(given: Volumes) -> float | None:
    if given.segmented is None:
        return None
    found = given.segmented.sphericity_error
    if math.isnan(found):
        raise Undefined("there is no cell at this step, neither in the ground truth nor in the prediction")
    return found


def _lpips(given: Pictures) -> float:
    from stsr_core.metrics import lpips_distance

    return lpips_distance(given.truth, given.prediction, download=given.download)


def _cieluv(given: Pictures) -> float:
    from stsr_core.metrics import cieluv_distance

    return float(cieluv_distance(given.truth, given.prediction).mean())


def _without_scipy(error: ImportError) -> ImportError:
    """With the remedy for ParaView's usual trouble."""
    return ImportError(
        f"scipy cannot be used here ({error}; numpy is {np.__version__}); in ParaView, a script that "
        "imports numpy itself must import stsr_plugin before"
    )


_ROWS = (
    Measure("psnr", "PSNR", "dB", True, 2, _psnr, in_reports=True),
    Measure("psnr_global", "global PSNR", "dB", True, 2, _psnr_global),
    Measure("rmse", "RMSE", "data", False, 4, lambda given: given.rmse),
    Measure("nrmse", "NRMSE", "", False, 4, _nrmse),
    Measure("max_error", "largest error", "data", False, 4, _max_error, largest=True),
    Measure("ssim", "SSIM", "", True, 4, _ssim, in_reports=True),
    Measure("chamfer", "CD", "voxels", False, 3, _chamfer, in_reports=True),
    Measure("dsc", "DSC", "", True, 4, _dsc, in_reports=True, of_cells=True),
    Measure("bsa", "BSA", "", False, 5, _bsa, in_reports=True, of_cells=True),
    *(
        Measure(key + end, key + of, unit, None, 4, _shape(key, which), of_cells=True)
        for key, unit in (("sphericity", ""), ("volume", "length³"), ("surface", "length²"))
        for end, of, which in (("", "", 1), ("_truth", " of truth", 0))
    ),
    Measure("lpips", "LPIPS", "", False, 4, _lpips, of_pictures=True, in_reports=True),
    Measure("cieluv", "CIELUV", "", False, 2, _cieluv, of_pictures=True),
)
#: Key → row, in the order of tables.
MEASURES = {row.key: row for row in _ROWS}
