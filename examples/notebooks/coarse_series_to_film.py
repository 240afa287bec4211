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
# # From a coarse series to a film through times that were never stored
#
# A simulation computes far more than it writes. Here it is a tornado on 40 × 40 × 40 points, a formula,
# so that this page needs no download: of it every second point per axis is written, and every fourth
# step. Three of four moments are gone, and seven of eight points. What remains is 3 % of the data. We
# learn one continuous field from it and look at any moment, at any resolution.
#
# `pip install "stsr[notebook]"` is all that is needed. With your own data leave out the next cell and
# begin with `Series("run01/*.vti")`.

# %%
import os

import numpy as np
import pyvista as pv
from IPython.display import Image

import stsr_core as stsr
from stsr_core.datasets import tornado
from stsr_filters import side_by_side_animation
from stsr_filters.notebook import Model, Series

pv.set_jupyter_backend("static")  # leave this out where trame is installed: plots then have a time slider
small = os.environ.get("STSR_NOTEBOOK") == "small"  # the tests run this page in seconds

full = Series(tornado(16, 9) if small else tornado(40, 33))
stsr.write_series("run01.pvd", full.keep(spatial_factor=2, temporal_gap=3).volumes, overwrite=True)

# %% [markdown]
# ## What was written
#
# The `.pvd` file and its `.vti` files are what any reader of VTK's opens, ParaView and pyvista among
# them. A `Series` reads them step by step when they are asked for.

# %%
coarse = Series("run01.pvd")
coarse

# %% [markdown]
# ## Learn
#
# One call. By default it looks for the motion of what is kept, asks of every part whether it helps (a
# rehearsal on the kept data alone), and gives the rest of the time to a network. The model is one file,
# usable in ParaView as well.

# %%
model = coarse.fit("run01.stsr", minutes=1, field="cubic" if small else "auto", progress_bar=True)
model

# %% [markdown]
# ## Any moment
#
# The time below lies between two steps that were stored, and was never seen.

# %%
stored = model.kept_times
between = float(stored[1] + 0.5 * (stored[2] - stored[1]))
model.plot(between, factor=1 if small else 2)

# %% [markdown]
# `at` gives the mesh itself: an ordinary `ImageData`, on which all of pyvista works.

# %%
mesh = model.at(between, factor=2)
plotter = pv.Plotter(window_size=(720, 420))
plotter.add_mesh(
    mesh.contour([float(np.quantile(mesh["tornado"], 0.85))]), color="steelblue", smooth_shading=True
)
bar = {"title": "speed", "vertical": True, "position_x": 0.85, "position_y": 0.2}
plotter.add_mesh(mesh.slice("z"), cmap="viridis", scalar_bar_args=bar)
plotter.add_mesh(mesh.outline(), color="gray")
plotter.show()

# %% [markdown]
# ## The film
#
# Between two stored steps there are now as many as we like. All frames share one camera and one transfer
# function.

# %%
times = np.linspace(stored[0], stored[2], 4 if small else 17)
frames = [(t, lambda t=t: {"tornado": model.at(t)}) for t in times]
side_by_side_animation(frames, "tornado", "film.gif", difference=False, size=(300, 280), frames_per_second=8)
Image("film.gif")

# %% [markdown]
# ## Is it right?
#
# Here we can know: all of it is at hand. The steps that were never stored, on all 40 × 40 × 40 points,
# against what interpolation in space and time makes of the same data. PSNR in dB, higher is better.

# %%
interpolation = coarse.fit(field="tricubic_linear")
unseen = [i for i in range(len(full)) if i % 4][:: 4 if small else 6]


def quality(shown: Model) -> float:
    """Mean PSNR over unseen steps, without the last layer of points: it lies beyond the last kept one."""
    found = []
    for i in unseen:
        truth = full[i].extract_subset([end for n in full[i].dimensions for end in (0, n - 2)])
        found.append(shown.at(full.times[i], reference_image=truth).stsr.compare(truth).value("psnr"))
    return float(np.mean(found))


learned, interpolated = quality(model), quality(interpolation)
print(f"learned {learned:.1f} dB, interpolated {interpolated:.1f} dB")

# %% [markdown]
# The model file goes wherever the data would have gone: `pv.read("run01.stsr")`, ParaView's *File →
# Open*, or back to files with `stsr upscale run01.stsr --scale 2 --time-scale 4 -o fine.pvd`.

# %%
reader = pv.get_reader("run01.stsr")
reader.set_active_time_value(between)
reader.read()
