"""Multiscale Diffusion: a coefficient of two phases, and the finite element solution of its problem."""

from __future__ import annotations

import time as clock
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.homogenization.coefficients import (
    PATTERNS,
    checked_cells,
    of_phases,
    on_elements,
    pattern,
    random_phases,
)
from stsr_core.io.vtk_cells import add_cell_array
from stsr_core.words import node_count
from stsr_filters.decoding.resources import require_torch
from stsr_filters.pipeline.information import announce, image_of, whole_extent
from stsr_filters.pipeline.reporting import Reporting
from stsr_filters.pipeline.vtk_compat import VTKPythonAlgorithmBase, vtkImageData

#: The pattern that a seed gives.
RANDOM = "random"


@dataclass(frozen=True)
class Problem:
    """What is solved."""

    pattern: str = RANDOM  # or a name of PATTERNS
    seed: int = 0  # of a random coefficient
    cells: int = 128  # E, along an axis
    intervals: int = 32  # N, along an axis
    phases: tuple[float, float] = (1.0, 100.0)  # the coefficient of the two
    load: float = 1.0  # f

    @property
    def grid(self) -> Grid:
        """The nodes of the solution, on the unit square."""
        return _unit_square(self.intervals)

    @property
    def grid_of_cells(self) -> Grid:
        """The corners of the coefficient's cells."""
        return _unit_square(checked_cells(self.cells))

    def coefficient(self) -> np.ndarray:
        """A (E, E)."""
        if self.pattern != RANDOM and self.pattern not in PATTERNS:
            raise ValueError(f"Pattern must be one of {', '.join([RANDOM, *PATTERNS])}, got {self.pattern!r}")
        random = self.pattern == RANDOM
        phases = random_phases(self.seed, self.cells) if random else pattern(self.pattern, self.cells)
        return of_phases(phases, self.phases)


class MultiscaleDiffusion(VTKPythonAlgorithmBase):
    """Solves −div(A∇u) = f with u = 0 on the boundary of the unit square, by bilinear finite elements.

    Output 0 is the solution u at (N+1)² nodes, with A as cell data where each element lies in one cell;
    output 1 the coefficient A as cell data of its own E² cells.

    Examples
    --------
    >>> source = MultiscaleDiffusion()         # doctest: +SKIP
    >>> source.SetIntervals(512)               # doctest: +SKIP
    >>> source.Update()                        # doctest: +SKIP
    """

    def __init__(self) -> None:
        VTKPythonAlgorithmBase.__init__(self, nInputPorts=0, nOutputPorts=2, outputType="vtkImageData")
        self._problem = Problem()
        self._reporting = Reporting(self, "Multiscale Diffusion")

    def SetPattern(self, name: str | None) -> None:
        """ "random", or one of :data:`stsr_core.homogenization.PATTERNS`."""
        self._set(pattern=name or RANDOM)

    def SetSeed(self, seed: int) -> None:
        """Of a random coefficient."""
        self._set(seed=int(seed))

    def SetCells(self, cells: int) -> None:
        """Cells of the coefficient along an axis."""
        self._set(cells=int(cells))

    def SetIntervals(self, intervals: int) -> None:
        """Intervals of the solution's grid along an axis."""
        self._set(intervals=int(intervals))

    def SetPhases(self, first: float, second: float) -> None:
        """The coefficient of the two phases."""
        self._set(phases=(float(first), float(second)))

    def SetLoad(self, load: float) -> None:
        """f, a constant."""
        self._set(load=float(load))

    def GetStatus(self) -> str:
        """One line: what was solved and how long it took, or what is wrong."""
        return self._reporting.last_error or self._reporting.outcome

    def GetLastError(self) -> str:
        """What was wrong with the last update, "" if it went well."""
        return self._reporting.last_error

    # The pipeline

    def RequestInformation(self, request, inInfo, outInfo) -> int:
        """Announce both grids; a failure is told by RequestData."""
        self._reporting.reset()
        try:
            grids = [self._problem.grid, self._problem.grid_of_cells]
        except ValueError as error:
            self._reporting.foresee(error)
            grids = [Grid((1, 1, 1))] * 2
        for port, grid in enumerate(grids):
            announce(outInfo.GetInformationObject(port), grid, (), None)
        return 1

    def RequestData(self, request, inInfo, outInfo) -> int:
        """Solve, or leave both outputs empty with an error."""
        outputs = [vtkImageData.GetData(outInfo, port) for port in (0, 1)]
        with self._reporting.update(outputs):
            self._solve(*outputs)
        return 1

    def _solve(self, solution: Any, of_cells: Any) -> None:
        require_torch()
        from stsr_core.homogenization.diffusion import solve

        problem = self._problem
        grid, cells = problem.grid, problem.grid_of_cells
        coefficient = problem.coefficient()
        self._reporting.progress(0.0, f"solving on {node_count(grid)} nodes")
        started = clock.perf_counter()
        values = solve(coefficient, problem.intervals, problem.load)
        seconds = clock.perf_counter() - started
        solution.ShallowCopy(image_of(grid, whole_extent(grid), {"u": values[None]}, {}))
        fine = on_elements(coefficient, problem.intervals)
        if fine is not None:
            add_cell_array(solution, "A", fine[None])
        of_cells.ShallowCopy(image_of(cells, whole_extent(cells), {}, {}))
        add_cell_array(of_cells, "A", coefficient[None])
        self._reporting.outcome = (
            f"{node_count(grid)} nodes in {seconds:.2f} s; largest value {float(np.abs(values).max()):.6g}"
        )

    def _set(self, **changes: Any) -> None:
        changed = replace(self._problem, **changes)
        if changed != self._problem:
            self._problem = changed
            self.Modified()


def _unit_square(intervals: int) -> Grid:
    if intervals < 2:
        raise ValueError(f"Intervals must be >= 2, got {intervals}")
    return Grid((1, intervals + 1, intervals + 1), spacing=(1.0, 1 / intervals, 1 / intervals))
