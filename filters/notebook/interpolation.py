"""One mesh alone, on other points: what is done where there is no model."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from stsr_core.grid import Grid
from stsr_core.request.output import Request
from stsr_core.request.output_grid import GridChoice
from stsr_core.request.region import Region
from stsr_filters.notebook.choices import progress
from stsr_filters.notebook.meshes import mesh_of, series_of, time_of

if TYPE_CHECKING:
    import pyvista

#: The field that one step is interpolated by.
INTERPOLATION = "tricubic_linear"


def interpolated(
    mesh: Any, names: tuple[str, ...], choice: GridChoice, like: Grid | None, *, progress_bar: bool
) -> pyvista.ImageData:
    """The point arrays of a mesh, tricubically, on other points.

    Parameters
    ----------
    names : tuple of str
        Arrays; () for all.
    choice, like : GridChoice, Grid or None
        As of :func:`~stsr_filters.notebook.choices.grid_choice`.
    """
    from stsr_core.inference.mixed import evaluate_mix
    from stsr_core.training import fit

    series = series_of([mesh])
    field = fit(series.select(names) if names else series, field=INTERPOLATION)
    grid = series.variables[0].grid
    output = Request(grid=choice).output(field.domain, Region(grid), like)
    for text in output.remarks:
        warnings.warn(text, stacklevel=3)
    arrays = output.content.step(float(output.times[0])).arrays
    values = {}
    with progress("interpolate", progress_bar) as report:
        for i, (name, mix) in enumerate(arrays.items()):
            values[name] = evaluate_mix(field, output.grid, mix)
            report((i + 1) / len(arrays), name)
    return mesh_of(
        output.grid,
        values,
        units=dict(output.content.units),
        time=time_of(mesh),
        time_unit=series.time_unit,
        length_unit=series.length_unit,
    )
