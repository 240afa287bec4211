"""Small real fields and series for the tests."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.fields.modulated_siren import ModulatedSiren
from stsr_core.grid import Grid
from stsr_core.io import write_series
from stsr_core.model.checkpoint import Header
from stsr_core.normalize import Normalization
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import RECIPES

#: A run of seconds.
QUICK = replace(RECIPES["modulated_siren"], minutes=None, epochs=3, batch_rows=512)
SMALL = {"width": 32, "depth": 3, "latent_length": 8}


def moving_blob(shape=(9, 12, 12, 12), phase=0.0, dtype=np.float32) -> np.ndarray:
    """A Gaussian blob moving on a circle, (T, Z, Y, X), values in about [0, 10]."""
    t, z, y, x = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij")
    cy, cx = 0.5 + 0.2 * np.sin(3 * t + phase), 0.5 + 0.2 * np.cos(3 * t + phase)
    return (10 * np.exp(-((z - 0.5) ** 2 + (y - cy) ** 2 + (x - cx) ** 2) / 0.05)).astype(dtype)


def blob_series(names=("a",), dtype=np.float32) -> VolumeSeries:
    """One moving blob per name, each with another phase, grid (1, 2, 3) + 0.5·i, times 10, 11, …"""
    grid = Grid((12, 12, 12), origin=(1, 2, 3), spacing=(0.5, 0.5, 0.5))
    arrays = {name: moving_blob(phase=float(i), dtype=dtype) for i, name in enumerate(names)}
    return VolumeSeries.from_arrays(arrays, grid, 10 + np.arange(9), {n: "kg" for n in names}, "s")


def write_blobs(path: Path, names=("a",), n_steps=None) -> str:
    """The first steps of :func:`blob_series` as a .pvd with its files; its path."""
    series = blob_series(names)
    first = series.variables[0]
    times = first.times[:n_steps]
    write_series(path, first.grid, times, lambda i: {v.name: v.step(i) for v in series}, overwrite=True)
    return str(path)


def small_siren(names=("a",), dtype=np.float32, **configuration) -> ModulatedSiren:
    """An untrained field whose modulation is not zero, so that its variables differ."""
    torch.manual_seed(0)
    field = ModulatedSiren(KeptSamples.read(blob_series(names, dtype)).domain, **{**SMALL, **configuration})
    for linear in (*field.gains, *field.shifts):
        torch.nn.init.normal_(linear.weight, std=0.02)
    return field.eval()


def header_of(field) -> Header:
    """A header that fits the field."""
    return Header(field.kind, field.configuration(), field.domain, "s", "m", "0" * 64, [{"seconds": 1.5}])


#: Every second node and every fourth step of this grid and these times were kept.
FULL_GRID = Grid((9, 11, 13), (1.0, 2.0, 3.0), (0.25, 0.5, 1.0))
FULL_TIMES = tuple(0.5 * i for i in range(10))


def small_domains(full_grid: Grid = FULL_GRID, full_times: tuple[float, ...] = FULL_TIMES) -> Domain:
    """Two variables with units, kept from a finer grid and more steps."""
    return Domain(
        VariableDomain(
            name,
            full_grid.every(2),
            full_times[::4],
            full_grid,
            full_times,
            Normalization(-1.0, high),
            unit=unit,
        )
        for name, high, unit in (("u", 3.0, "m/s"), ("p", 5.0, "Pa"))
    )
