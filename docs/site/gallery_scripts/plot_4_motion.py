"""
How features move
=================

The fields `motion` and `mixture` find how features move between kept steps of a scalar, and give it as vectors in
length per time. Arrows show it at a time between two kept steps; where the field is even, motion can only be guessed
from around.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import stsr_core as stsr

# A blob that circles the axis of the box once in 16 steps.
n = np.linspace(-1, 1, 33)
z, y, x = np.meshgrid(n, n, n, indexing="ij")
angles = 2 * np.pi * np.arange(17) / 16
blobs = [np.exp(-((x - 0.5 * np.cos(a)) ** 2 + (y - 0.5 * np.sin(a)) ** 2 + z**2) / 0.06) for a in angles]
series = stsr.VolumeSeries.from_arrays({"blob": np.stack(blobs).astype(np.float32)})
field = stsr.fit(series, field="motion", temporal_gap=1)

# %%
# Step 3 was left out. The blob moves at a radius of 8 nodes with 2π/16 radians per step: 3.14 nodes per step.

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "out.h5"
    stsr.upscale(field, path, times=[3.0], motion=True)
    arrays = {variable.name: variable.step(0)[16] for variable in stsr.open_series(path)}
blob, across, up = arrays["blob"], arrays["blob_motion_X"], arrays["blob_motion_Y"]
speed = np.hypot(across, up)
print(f"speed in the blob: {np.average(speed, weights=blob):.2f} nodes per step")

figure, axes = plt.subplots(figsize=(6, 5.2), layout="constrained")
shown = axes.imshow(blob, origin="lower", cmap="inferno")
rows, columns = np.mgrid[0:33:2, 0:33:2]
some = blob[::2, ::2] > 0.05
there = rows[some], columns[some]
axes.quiver(there[1], there[0], across[there], up[there], color="white", angles="xy", scale_units="xy", scale=1)
figure.colorbar(shown, ax=axes, label="blob")
plt.show()
