"""Every measure of one variable at one step, with a remark for each that is not defined there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stsr_core.measuring.pair import Pair
from stsr_core.measuring.survey import Survey
from stsr_core.metrics.cells import Cells
from stsr_core.metrics.table import MEASURES, ConstantTruth, Pictures, Undefined, Volumes


@dataclass(frozen=True)
class Measured:
    """One variable at one step.

    Parameters
    ----------
    values : dict of str to float
        By the keys of :data:`stsr_core.metrics.table.MEASURES`; NaN where a measure is not defined or was
        not wanted.
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


#: A step at which nothing was compared.
NOT_MEASURED = Measured(dict.fromkeys(MEASURES, math.nan), math.nan, 0, 0)


def measure(
    pair: Pair,
    survey: Survey,
    isovalue: float | None = None,
    *,
    series_range: float = math.nan,
    cells: Cells | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> Measured:
    """Compare one variable point by point and surface by surface.

    Parameters
    ----------
    survey : Survey
        Of the ground truth: this step, or the whole series. An isovalue outside its range is left out.
    isovalue : float, optional
        Of the chamfer distance, in the unit of the variable; None or NaN for none.
    series_range : float
        Range of the ground truth over the whole series for ``psnr_global``; NaN or 0 if it is not known.
    cells : Cells, optional
        For the measures of cells; none by default.
    report : callable
        Called with what is begun; may raise to stop.

    Notes
    -----
    ``psnr``, ``nrmse`` and ``ssim`` use the range of the ground truth at this step over the points compared;
    they are NaN where it is constant.

    Examples
    --------
    >>> truth = np.arange(8.0).reshape(2, 2, 2)
    >>> found = measure(Pair("u", "u", truth, truth + 0.7, truth < 9), Survey())
    >>> round(found.values["psnr"], 6), found.remarks
    (20.0, ('u: SSIM needs at least 11 nodes along each axis, got 2 x 2 x 2',))
    """
    from stsr_core.metrics import require_isovalue

    remarks = []
    wanted = None if isovalue is None or not math.isfinite(isovalue) else isovalue
    usable = wanted
    if wanted is not None:
        try:
            require_isovalue(wanted, survey.low, survey.high)
        except ValueError as error:
            remarks.append(f"{pair.name}: {error}")
            usable = None
    volumes = Volumes(
        pair.truth,
        pair.prediction,
        None if pair.mask.all() else pair.mask,
        series_range if series_range > 0 else None,
        usable,
        cells,
        lambda text: report(f"{pair.name}: {text}"),
    )
    values, undefined = _taken(volumes, pair.name, report)
    report(f"{pair.name}: measured")
    points = int(np.count_nonzero(pair.mask))
    isovalue = math.nan if wanted is None else wanted
    return Measured(values, isovalue, points, pair.mask.size - points, (*undefined, *remarks))


def with_pictures(
    found: Measured, name: str, pictures: Pictures, report: Callable[[str], None] = lambda text: None
) -> Measured:
    """The same with the measures of two renderings."""
    values, remarks = _taken(pictures, name, report)
    seen = {key: value for key, value in values.items() if MEASURES[key].of_pictures}
    return replace(found, values={**found.values, **seen}, remarks=(*found.remarks, *remarks))


def _taken(
    given: Volumes | Pictures, name: str, report: Callable[[str], None]
) -> tuple[dict[str, float], list[str]]:
    """All values, and why some are NaN."""
    values = dict.fromkeys(MEASURES, math.nan)
    remarks: list[str] = []
    constant: dict[str, list[str]] = {}
    for row in MEASURES.values():
        if row.of_pictures != isinstance(given, Pictures) or (row.of_cells and not _has_cells(given)):
            continue
        report(f"{name}: {row.name}")
        try:
            value = row.function(given)
        except ConstantTruth as reason:
            constant.setdefault(str(reason), []).append(row.name)
        except Undefined as reason:
            remarks.append(f"{name}: {reason}")
        except (ImportError, OSError) as error:
            remarks.append(f"{row.name} is left out: {error}")
        else:
            values[row.key] = math.nan if value is None else value
    return values, [f"{name}: {why}, so {_listed(of)} not defined" for why, of in constant.items()] + remarks


def _has_cells(given: Volumes | Pictures) -> bool:
    return isinstance(given, Volumes) and given.cells is not None


def _listed(names: Sequence[str]) -> str:
    """Names with their verb.

    Examples
    --------
    >>> _listed(["PSNR"]), _listed(["PSNR", "NRMSE", "SSIM"])
    ('PSNR is', 'PSNR, NRMSE and SSIM are')
    """
    if len(names) == 1:
        return f"{names[0]} is"
    return f"{', '.join(names[:-1])} and {names[-1]} are"
