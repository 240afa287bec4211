"""
Error bars without a ground truth
=================================

A field that rehearsed on its kept samples knows where it is unsure. Here its 90 % interval, learnt from kept steps
alone, is set beside the errors that the ground truth tells.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import stsr_core as stsr
from stsr_core.datasets import vortex

series = vortex(32, 17)
truth = series["vortex"]
field = stsr.fit(series, field="motion", temporal_gap=3)
step = 6
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "out.h5"
    stsr.upscale(field, path, times=[truth.times[step]], uncertainty="interval")
    arrays = {variable.name: variable.step(0) for variable in stsr.open_series(path)}
sorted(arrays)

# %%
# How many of the true values lie within the interval?

exact = truth.step(step)
within = (arrays["vortex_lower"] <= exact) & (exact <= arrays["vortex_upper"])
print(f"{within.mean():.1%} of the voxels of a step that was left out")

# %%
# Where the interval is wide, the error is large.

middle = truth.grid.shape[0] // 2
half_width = (arrays["vortex_upper"] - arrays["vortex_lower"])[middle] / 2
error = np.abs(arrays["vortex"] - exact)[middle]
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
panels = {"values": (arrays["vortex"][middle], None, "inferno")}
panels |= {"error, from the ground truth": (error, half_width.max(), "magma")}
panels |= {"half-width, from kept steps alone": (half_width, half_width.max(), "magma")}
for place, (title, (values, largest, colors)) in zip(axes, panels.items()):
    shown = place.imshow(values, origin="lower", vmin=0, vmax=largest, cmap=colors)
    place.set(title=title, xticks=[], yticks=[])
    figure.colorbar(shown, ax=place)
plt.show()
