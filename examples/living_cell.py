"""A cell divides between two images: what splines and SpatimeINR make of the minutes that were never imaged.

    python examples/living_cell.py living_cell.png

Every fourth image of a noisy sequence is kept. Volume and sphericity are measured as in Compare to GT; the
truth is a formula, so that there is one at every time.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import stsr_core as stsr
from stsr_core.datasets import dividing_cell
from stsr_core.fields import KINDS
from stsr_core.io.vtk import to_vtk_image
from stsr_core.measuring.isovalue import separating_value
from stsr_core.measuring.segmenting import cells_of
from stsr_filters.rendering.camera import Camera
from stsr_filters.rendering.render import render_isosurface

NAME = "dividing_cell"
TENTHS = 10  # times of the truth per minute

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("output", help="the picture, ending in .png")
parser.add_argument("--time", type=float, default=6.5, help="minute that is shown (default 6.5)")
parser.add_argument("--noise", type=float, default=5.0, help="standard deviation, of 255 (default 5)")
parser.add_argument("--nodes", type=int, default=32, help="per axis (default 32)")
parser.add_argument("--epochs", type=int, default=16, help="passes over the kept images (default 16)")
parser.add_argument("--size", type=int, default=420, help="pixels of a rendering (default 420)")
options = parser.parse_args()

imaged = dividing_cell(options.nodes, 12, noise=options.noise)
truth = dividing_cell(options.nodes, 11 * TENTHS + 1)[NAME]
grid, kept = truth.grid, imaged[NAME].times[::4]
recipe = replace(KINDS["spatime_inr"].recipe_for(), minutes=None, epochs=options.epochs)
fields = {
    "cubic spline": stsr.fit(imaged, field="cubic", temporal_gap=3),
    "SpatimeINR": stsr.fit(imaged, field="spatime_inr", temporal_gap=3, recipe=recipe),
}


def volume_of(label: str, time: float) -> np.ndarray:
    """The intensities at a minute, (Z, Y, X)."""
    if label == "ground truth":
        return truth.step(round(TENTHS * time))
    return stsr.evaluate(fields[label], grid, [time], NAME)[0]


# What the cells are like over time, by Otsu's threshold of the truth.
cells = cells_of("all", grid.spacing)
times = np.arange(kept[0], kept[-1] + 0.25, 0.5)
curves = {label: {"sphericity": [], "volume": []} for label in ("ground truth", *fields)}
for time in times:
    exact = volume_of("ground truth", time)
    for label, curve in curves.items():
        pair = cells.of(exact, volume_of(label, time))
        curve["sphericity"].append(pair.sphericity(1))
        curve["volume"].append(pair.volume(1))

shown = {label: volume_of(label, options.time) for label in curves}
images = {label: to_vtk_image(grid, {NAME: values}) for label, values in shown.items()}
value = separating_value(shown["ground truth"])
near = [
    bound + (0.22 if i % 2 == 0 else -0.22) * grid.end[0]
    for i, bound in enumerate(images["ground truth"].GetBounds())
]
camera = Camera.around(near, direction=(0.4, -1.0, 1.6))
styles = {
    "ground truth": ("black", (0.62, 0.62, 0.62)),
    "cubic spline": ("tab:orange", (0.93, 0.62, 0.33)),
    "SpatimeINR": ("tab:blue", (0.42, 0.62, 0.86)),
}
page = Figure(figsize=(12, 7.6), layout="constrained")
page.get_layout_engine().set(h_pad=0.12)
above, below = page.subfigures(2, 1, height_ratios=(1.25, 1))
exact = shown["ground truth"]
for axes, (label, image) in zip(above.subplots(1, 3), images.items(), strict=True):
    colour, size = styles[label][1], (options.size, options.size)
    drawn = render_isosurface(image, NAME, value, color=colour, camera=camera, size=size, outline=False)
    axes.imshow(drawn)
    axes.axis("off")
    note = f" at {options.time:g} min, never imaged"
    if label in fields:
        note = f", PSNR {stsr.psnr(exact, shown[label], data_range=float(np.ptp(exact))):.1f} dB"
    axes.set_title(label + note)
panels = below.subplots(1, 4, width_ratios=(1.7, 1.7, 1, 1))
for axes, (what, unit) in zip(panels, (("sphericity", ""), ("volume", " [µm³]")), strict=False):
    for label, curve in curves.items():
        axes.plot(times, curve[what], color=styles[label][0], label=label, lw=2 if label in fields else 3.5)
    for k, time in enumerate(kept):
        axes.axvline(time, color="0.7", ls=":", zorder=0, label="imaged and kept" if k == 0 else None)
    axes.axvline(options.time, color="0.85", lw=5, zorder=0)
    axes.set(xlabel="time [min]", ylabel=what + unit)
panels[0].legend(fontsize=8)
for axes, label in zip(panels[2:], fields, strict=True):
    error = shown[label].astype(np.float64) - exact
    drawn = axes.imshow(error[grid.shape[0] // 2], cmap="RdBu_r", vmin=-90, vmax=90, origin="lower")
    axes.set_title(f"{label} − truth", fontsize=10)
    axes.axis("off")
below.colorbar(drawn, ax=panels[2:], orientation="horizontal", shrink=0.8, label="intensity, of 255")
FigureCanvasAgg(page)
page.savefig(options.output, dpi=100)
for label in fields:
    differences = np.subtract(curves[label]["sphericity"], curves["ground truth"]["sphericity"])
    print(f"{label}: mean squared error of the sphericity {1e3 * np.mean(differences**2):.2f}e-3")
