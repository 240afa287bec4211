"""
Steps that were never stored
============================

Of a turbulent flow every fourth step is kept. What lies between is shown by four fields that were given the same kept
steps, and measured against the steps that were left out.
"""

import matplotlib.pyplot as plt
import numpy as np

import stsr_core as stsr
from stsr_core.datasets import vortex

series = vortex(32, 17)
truth = series["vortex"]
fields = {
    kind: stsr.fit(series, field=kind, temporal_gap=3)
    for kind in ("nearest", "tricubic_linear", "cubic", "motion")
}

# %%
# PSNR of each step, with the range of the true step. On the kept steps, marked by lines, all four give back what
# they were given: their error there is that of float32, and is left out. Half-way between two kept steps they differ.

steps = np.arange(13)  # up to the last kept one
unseen = steps[steps % 4 != 0]
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
for kind, field in fields.items():
    values = stsr.evaluate(field, truth.grid, truth.times[unseen], "vortex")
    decibels = [stsr.psnr(truth.step(i), v, data_range=np.ptp(truth.step(i))) for i, v in zip(unseen, values)]
    axes.plot(unseen, decibels, "o-", label=f"{kind}: {np.mean(decibels):.1f} dB")
for step in steps[::4]:
    axes.axvline(step, color="0.8", zorder=0)
axes.set(xlabel="step", ylabel="PSNR (dB)", xticks=steps)
axes.legend()

# %%
# The middle slice at step 6, half-way between the kept steps 4 and 8, above what each field is wrong by.

step, middle = 6, truth.grid.shape[0] // 2
exact = truth.step(step)[middle]
shown = {"ground truth": exact}
for kind in ("nearest", "tricubic_linear", "motion"):
    shown[kind] = stsr.evaluate(fields[kind], truth.grid, [truth.times[step]], "vortex")[0, middle]
figure, axes = plt.subplots(2, 4, figsize=(10, 5), layout="constrained")
limit = np.abs(shown["nearest"] - exact).max()
for column, (title, values) in zip(axes.T, shown.items()):
    column[0].imshow(values, origin="lower", vmin=exact.min(), vmax=exact.max(), cmap="inferno")
    column[0].set_title(title)
    last = column[1].imshow(values - exact, origin="lower", vmin=-limit, vmax=limit, cmap="RdBu_r")
for place in axes.flat:
    place.set(xticks=[], yticks=[])
axes[1, 0].set_visible(False)
figure.colorbar(last, ax=axes[1, :], label="prediction − ground truth")
plt.show()
