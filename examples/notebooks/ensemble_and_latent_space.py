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
# # An ensemble and its latent space
#
# A parameter study: the same experiment for several values of a parameter, each a series of volumes.
# Learned jointly, all members share one network, and each has a short latent vector that makes it what it
# is. Members that look alike lie near each other there, and between them lie runs that nobody simulated.
#
# Here a vortex tube bends further and grows thicker with a parameter p, and a blob travels past it: a
# formula, so that what lies between the members can be checked.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np
import pyvista as pv
from PIL import Image

from stsr_core.series import VolumeSeries
from stsr_filters import side_by_side
from stsr_filters.notebook import Series

pv.set_jupyter_backend("static")  # leave this out where trame is installed: plots then have a time slider
small = os.environ.get("STSR_NOTEBOOK") == "small"  # the tests run this page in seconds

nodes, steps = (12, 5) if small else (40, 13)


def member(p: float) -> np.ndarray:
    """The run at parameter p: (T, Z, Y, X)."""
    z, y, x = np.meshgrid(*3 * [np.linspace(0, 1, nodes)], indexing="ij")
    volumes = []
    for t in np.linspace(0, 12, steps):
        bend = 0.08 + 0.12 * p
        along = x - 0.5 - bend * np.sin(6 * z + 0.15 * t), y - 0.5 - bend * np.cos(3 * z + 0.1 * t)
        tube = np.tanh(25 * (0.12 + 0.1 * p + 0.1 * z**2 - np.hypot(*along)))
        blob = x - 0.3 - 0.3 * p, y - 0.2 - 0.04 * t, z - 0.7 + 0.3 * p
        volumes.append(tube + 0.5 * np.exp(-100 * sum(d**2 for d in blob)))
    return np.asarray(volumes, np.float32)


# %% [markdown]
# ## Four runs, learned jointly
#
# p = 0.5 is left out: it is what we will ask for. With your own files it is `Series("run01/*.vti",
# name="run01") + Series("run02/*.vti", name="run02")`.

# %%
runs = [0.0, 0.25, 0.75, 1.0]
ensemble = Series(VolumeSeries.from_arrays({f"p = {p:g}": member(p) for p in runs}))
model = ensemble.fit(
    "ensemble.stsr",
    field="modulated_siren",
    temporal_gap=1,
    progress_bar=True,
    **({"epochs": 2} if small else {"minutes": 1.2}),
)
model

# %% [markdown]
# ## Distances between members
#
# The network was never told p. How far apart two latent vectors lie says how different it finds the runs;
# the line in the embedding joins them in the order of p.

# %%
vectors = model.latent_vectors()
names = list(vectors)
table = np.array([vectors[name] for name in names])
distances = np.linalg.norm(table[:, None] - table[None], axis=-1)

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
image = left.imshow(distances, cmap="viridis")
left.set_xticks(range(len(names)), names)
left.set_yticks(range(len(names)), names)
for i, k in np.ndindex(*distances.shape):
    left.text(k, i, f"{distances[i, k]:.2f}", ha="center", va="center", color="white")
left.set_title("distance of latent vectors")

# The plane in which the vectors differ most: their first two principal components.
centred = table - table.mean(axis=0)
_, spread, axes = np.linalg.svd(centred, full_matrices=False)
place = centred @ axes[:2].T
right.plot(*place.T, color="0.8", zorder=0)
right.scatter(*place.T, c=runs, s=90, cmap="plasma")
for name, at in zip(names, place, strict=True):
    right.annotate(name, at, xytext=(8, 6), textcoords="offset points")
right.set_title(f"embedding: {(spread[:2] ** 2).sum() / (spread**2).sum():.0%} of the variance")
right.margins(0.2)
right.set_xlabel("first component")
_ = right.set_ylabel("second component")
# %% [markdown]
# ## A run that nobody simulated
#
# Half of p = 0.25 and half of p = 0.75, at a time that was left out of learning. Mixing latent vectors
# bends one tube; the mean of the two volumes blurs its wall and keeps both blobs.

# %%
time = model.times[steps // 2 + (steps // 2 + 1) % 2]
between = model.blend({"p = 0.25": 0.5, "p = 0.75": 0.5}, time)
truth = Series(VolumeSeries.from_arrays({"interpolated": member(0.5)}))[int(time)]
mean = truth.copy()
step = ensemble[int(time)]
mean["interpolated"] = 0.5 * (step["p = 0.25"] + step["p = 0.75"])

quality = {
    title: mesh.stsr.compare(truth).value("psnr")
    for title, mesh in {"mean of the two runs": mean, "mixture of latent vectors": between}.items()
}
views = side_by_side(
    {"simulated, p = 0.5": truth, "mixture of latent vectors": between, "mean of the two runs": mean},
    "interpolated",
    isovalue=0.0,
    size=(300, 300),
    notes={title: f"PSNR {value:.1f} dB" for title, value in quality.items()},
)
print({title: round(value, 1) for title, value in quality.items()})
Image.fromarray(views.picture)

# %% [markdown]
# ## All the way from one end to the other

# %%
weights = np.linspace(0, 1, 3 if small else 5)
images = {f"{w:.0%} of p = 1": model.blend({"p = 0": 1 - w, "p = 1": w}, time) for w in weights}
row = side_by_side(images, "interpolated", isovalue=0.0, difference=False, size=(220, 220))
Image.fromarray(row.picture)
