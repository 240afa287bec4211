# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own data: HDF5, raw, cell data, units, irregular times
#
# Simulations write what is convenient for them. This page writes the same cooling drop in four ways and
# reads each: one call, and everything that the file knows (positions, times, units) travels along to the
# picture.

# %%
import os
from pathlib import Path

import h5py
import numpy as np
import pyvista as pv

import stsr_core as stsr
from stsr_filters.notebook import Model, Series

pv.set_jupyter_backend("static")  # leave this out where trame is installed: plots then have a time slider
small = os.environ.get("STSR_NOTEBOOK") == "small"  # the tests run this page in seconds

nodes = 16 if small else 40
times = np.array([0.0, 0.1, 0.25, 0.5, 1.0, 2.0])  # seconds: dense at first, sparse later
metres = np.linspace(0, 0.02, nodes)
z, y, x = np.meshgrid(metres, metres, metres, indexing="ij")


def temperature(t: float) -> np.ndarray:
    """A warm drop that sinks and spreads: kelvin, (Z, Y, X)."""
    width = 0.003 + 0.0015 * t
    squared = (x - 0.01) ** 2 + (y - 0.01) ** 2 + (z - 0.015 + 0.004 * t) ** 2
    return (293 + 60 * (0.003 / width) ** 2 * np.exp(-squared / width**2)).astype(np.float32)


# %% [markdown]
# ## HDF5, with scales
#
# Dimension scales, as NetCDF-4 and many codes write them, say where the points lie and when; attributes
# say the units.

# %%
with h5py.File("drop.h5", "w") as file:
    data = file.create_dataset("temperature", data=np.stack([temperature(t) for t in times]))
    data.attrs["units"] = "K"
    for i, (name, values, unit) in enumerate(
        [("time", times, "s"), ("z", metres, "m"), ("y", metres, "m"), ("x", metres, "m")]
    ):
        file[name] = values
        file[name].attrs["units"] = unit
        file[name].make_scale(name)
        data.dims[i].attach_scale(file[name])

drop = Series("drop.h5:/temperature")
drop

# %% [markdown]
# ## Learn and look between irregular times
#
# Times are physical. At t = 0.7 s nothing was stored: the next steps are at 0.5 s and 1 s.

# %%
model = drop.fit("drop.stsr", field="cubic" if small else "motion")
model.plot(0.7)

# %%
error = np.abs(model.at(0.7)["temperature"].reshape(z.shape) - temperature(0.7)).max()
print(f"largest error at 0.7 s: {error:.2f} K of {np.ptp(temperature(0.7)):.1f} K")

# %% [markdown]
# Units stay with the data, down to the colour bar above and the files below.

# %%
print(model.header.domain[0].unit, model.header.time_unit, model.header.length_unit)

# %% [markdown]
# ## Raw files
#
# A raw file knows nothing of itself: shape (Z, Y, X) and type must be said, and what else is known can
# be.

# %%
for i, t in enumerate(times):
    temperature(t).tofile(f"drop_{i:02d}.raw")

raw = Series(
    "drop_*.raw",
    shape=(nodes, nodes, nodes),
    dtype="float32",
    times=times,
    spacing=3 * [metres[1]],
    name="temperature",
)
print(raw, np.array_equal(raw[2]["temperature"], drop[2]["temperature"]))

# %% [markdown]
# ## Cell data
#
# A finite-volume code knows a mean per cell and no value at a point. `cells_to_points` makes a point of
# every cell centre, without changing a value; a list of meshes is a series.

# %%
edges = np.linspace(0, 0.02, nodes + 1)
cells = []
for t in times:
    mesh = pv.ImageData(dimensions=3 * (nodes + 1,), spacing=3 * (edges[1],))
    mesh.cell_data["temperature"] = temperature(t).ravel()
    cells.append(mesh)

try:
    Series(cells)
except ValueError as error_said:
    print(error_said)

centres = Series([mesh.cells_to_points() for mesh in cells], times=times)
print(centres)

# %% [markdown]
# ## An uneven grid
#
# Fields live on evenly spaced points. What does not is resampled first, by pyvista.

# %%
uneven = pv.RectilinearGrid(metres**2 / metres[-1], metres, metres)
uneven["temperature"] = 293 + uneven.points[:, 2] * 1000
try:
    uneven.stsr.upscale(2)
except ValueError as error_said:
    print(error_said)

even = pv.ImageData(dimensions=3 * (nodes,), spacing=3 * (metres[1],)).sample(uneven)
even.stsr.upscale(2)

# %% [markdown]
# ## And back
#
# Any mesh can be saved as any file of pyvista's; whole series by `stsr upscale drop.stsr --time-scale 4
# -o drop.pvd`, or in Python:

# %%
stsr.upscale(model.path, "fine.h5", factor=1, times=[0.3, 0.7, 1.5], overwrite=True)
print(Series("fine.h5"), f"{Path('fine.h5').stat().st_size / 1e6:.1f} MB")
Model("drop.stsr")
