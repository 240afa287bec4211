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
# # How good is it, and how do I put it in a paper?
#
# Where the full data exist, everything a model shows can be measured. This page goes from pictures to
# numbers: renderings beside the ground truth, difference images, error maps, a table of every measure,
# curves over time, and finally a figure and a table in LaTeX.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np
import pyvista as pv
from PIL import Image

from stsr_core.datasets import vortex
from stsr_filters import side_by_side
from stsr_filters.notebook import Series

pv.set_jupyter_backend("static")  # leave this out where trame is installed: plots then have a time slider
small = os.environ.get("STSR_NOTEBOOK") == "small"  # the tests run this page in seconds

full = Series(vortex(16, 9) if small else vortex(40, 17))
full

# %% [markdown]
# ## Two models of the same data
#
# Every fourth step is kept of a turbulent flow. One model interpolates in time, the other learns.

# %%
minutes = None if small else 0.75
learned = full.fit("learned.stsr", temporal_gap=3, field="cubic" if small else "auto", minutes=minutes)
linear = full.fit("linear.stsr", temporal_gap=3, field="tricubic_linear")
learned

# %% [markdown]
# ## Look: beside each other, and where they differ
#
# At a step that neither has seen. The second row shows how different two renderings look: the CIELUV
# distance of their colours.

# %%
unseen = len(full) // 2 + (len(full) // 2 + 1) % 2
time, truth = float(full.times[unseen]), full[unseen]
shown = {"learned": learned.at(time), "linear in time": linear.at(time)}
found = {title: mesh.stsr.compare(truth) for title, mesh in shown.items()}
views = side_by_side(
    {"ground truth": truth, **shown},
    "vortex",
    size=(340, 340),
    notes={title: f"PSNR {each.value('psnr'):.1f} dB" for title, each in found.items()},
    path="figure.png",
)
Image.fromarray(views.picture)

# %% [markdown]
# ## Where is the error?
#
# `compare` also gives a mesh of errors: the difference, its absolute and its relative value. A slice says
# more than a mean.

# %%
limit = max(np.abs(each.errors["vortex_error"]).max() for each in found.values())
plotter = pv.Plotter(shape=(1, 2), window_size=(900, 380))
for i, (title, each) in enumerate(found.items()):
    plotter.subplot(0, i)
    plotter.add_mesh(
        each.errors.slice("z"),
        scalars="vortex_error",
        cmap="RdBu_r",
        clim=(-limit, limit),
        lighting=False,
        show_scalar_bar=False,
    )
    plotter.add_text(title, font_size=10)
    plotter.view_xy()
plotter.add_scalar_bar("error", vertical=True, position_x=0.82, position_y=0.2)
plotter.show()

# %% [markdown]
# ## One step in numbers

# %%
found["learned"]

# %% [markdown]
# ## All steps in numbers
#
# Steps that were kept and steps that were not are never mixed: what was kept, everything meets.

# %%
over_time = {"learned": learned.compare(full), "linear in time": linear.compare(full)}
over_time["learned"]

# %%
over_time["linear in time"]

# %% [markdown]
# ## Curves
#
# Of the steps that were not kept. The further away the kept ones are, the more there is to know of
# motion.

# %%
figure, axes = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
for title, each in over_time.items():
    curve = [(row["time"], row["psnr"]) for row in each.curves if not row["kept"]]
    axes.plot(*zip(*curve, strict=True), "o-", markerfacecolor="white", label=title)
axes.set_xlabel("time")
axes.set_ylabel("PSNR of unseen steps [dB]")
axes.grid(alpha=0.3)
axes.legend()
figure.savefig("curves.pdf")

# %% [markdown]
# ## Into the paper
#
# `figure.png` above is the figure, `curves.pdf` the plot, and this is the table. Numbers come with what
# they are of: which steps, and against which range (PSNR uses the range of each true step).

# %%
measures = {
    "psnr": "PSNR (dB) $\\uparrow$",
    "ssim": "SSIM $\\uparrow$",
    "chamfer": "CD (voxels) $\\downarrow$",
}
lines = [
    "\\begin{tabular}{l" + "r" * len(measures) + "}",
    "method & " + " & ".join(measures.values()) + " \\\\ \\hline",
]
for title, each in over_time.items():
    numbers = [f"{each.value(key, steps='unseen'):.{2 if key == 'psnr' else 4}f}" for key in measures]
    lines.append(" & ".join([title, *numbers]) + " \\\\")
print("\n".join([*lines, "\\end{tabular}"]))
