"""What is asked for by keywords, in pyvista's order X, Y, Z: an output grid, a time, a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from stsr_core.coordinates import Domain
from stsr_core.grid import Grid
from stsr_core.request.output_grid import GridChoice, GridMode
from stsr_core.request.output_times import time_range
from stsr_filters.notebook.meshes import grid_of_mesh

#: Called with the fraction done and a text.
Report = Callable[[float, str], None]


def grid_choice(
    factor: Any, dimensions: Any, spacing: Any, reference_image: Any, default: float
) -> tuple[GridChoice, Grid | None]:
    """From at most one of the arguments, what an output grid is to be; and the grid to match, if any.

    Parameters
    ----------
    factor : float or (x, y, z), optional
    dimensions : (x, y, z), optional
    spacing : float or (x, y, z), optional
    reference_image : ImageData or RectilinearGrid, optional
    default : float
        The factor where nothing is given.

    Raises
    ------
    ValueError
        If more than one is given, or one is not as said above.
    """
    given = {
        "factor": factor,
        "dimensions": dimensions,
        "spacing": spacing,
        "reference_image": reference_image,
    }
    told = [name for name, value in given.items() if value is not None]
    if len(told) > 1:
        raise ValueError(f"at most one of {', '.join(given)} can be chosen, got {' and '.join(told)}")
    if reference_image is not None:
        return GridChoice(GridMode.MATCH), grid_of_mesh(reference_image, "reference_image")
    if dimensions is not None:
        x, y, z = _three("dimensions", dimensions, single=False)
        if x % 1 or y % 1 or z % 1:
            raise ValueError(f"dimensions must be three whole numbers, got {dimensions}")
        return GridChoice(GridMode.DIMENSIONS, dimensions=(int(x), int(y), int(z))), None
    if spacing is not None:
        return GridChoice(GridMode.SPACING, spacing=_three("spacing", spacing)), None
    return GridChoice(factor=_three("factor", default if factor is None else factor)), None


def checked_time(time: Any, domain: Domain) -> float:
    """A time to show variables at; where they have but one it need not be given.

    Raises
    ------
    ValueError
        It is no finite number.
    """
    known = time_range(domain)
    if time is None and known is None:
        return domain[0].times[0]
    try:
        number = float(time)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        span = "" if known is None else f" (the model spans {known[0]:g} to {known[1]:g})"
        raise ValueError(f"time must be a finite number{span}, got {time!r}")
    return number


@contextmanager
def progress(message: str, shown: bool) -> Iterator[Report]:
    """A progress bar as pyvista's own while the body runs, or none; what it yields moves it."""
    if not shown:
        yield lambda fraction, text: None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        raise ImportError("progress_bar=True needs tqdm: pip install 'stsr[notebook]'") from None
    with tqdm(total=1.0, desc=message, bar_format="{l_bar}{bar}[{elapsed}<{remaining}{postfix}]") as bar:

        def report(fraction: float, text: str) -> None:
            bar.update(max(0.0, min(1.0, fraction) - bar.n))
            bar.set_postfix_str(text)

        yield report
        bar.update(1.0 - bar.n)


def _three(name: str, value: Any, *, single: bool = True) -> tuple[float, float, float]:
    """One number for all axes, or (x, y, z)."""
    wanted = "a number or three (x, y, z)" if single else "three numbers (x, y, z)"
    try:
        values = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (3,) and not (single and values.shape == ()):
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
    x, y, z = (float(v) for v in np.broadcast_to(values, 3))
    return x, y, z
