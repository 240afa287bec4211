"""The demo's picture: ground truth, predictions and their errors, one colour scale each, PSNR over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_FAR = 20.0  # dB
ERROR_PERCENTILE = 99.5  # the error scale ends here: a few jump voxels would darken all else


@dataclass(frozen=True)
class Panel:
    """One method's column.

    Parameters
    ----------
    label : str
    values : ndarray
        Slice (Z, X).
    psnr : dict of int to float
        PSNR in dB of the whole grid by step number.
    """

    label: str
    values: np.ndarray
    psnr: dict[int, float]


@dataclass(frozen=True)
class Block:
    """One series.

    Parameters
    ----------
    title : str
    truth : ndarray
        Slice (Z, X) of the ground truth.
    panels : sequence of Panel
        One column each, after that of the ground truth.
    step : int
        The step shown.
    """

    title: str
    truth: np.ndarray
    panels: Sequence[Panel]
    step: int


def picture(path: Path, blocks: Sequence[Block], stride: int) -> None:
    """Write a PNG, the blocks below each other; every ``stride``-th step was kept and has a dot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = 1 + max(len(block.panels) for block in blocks)
    # Figure without pyplot: no global state, no window system.
    figure = Figure(figsize=(3.3 * columns, 7.2 * len(blocks)), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    parts = figure.subfigures(len(blocks), 1, squeeze=False)[:, 0]
    for part, block in zip(parts, blocks, strict=True):
        _draw(part, block, stride)
    figure.savefig(path)


def _draw(figure: Any, block: Block, stride: int) -> None:
    truth, panels, step = block.truth, block.panels, block.step
    figure.suptitle(block.title, fontsize=11)
    axes = figure.subplots(2, len(panels) + 1)
    low, high = float(truth.min()), float(truth.max())
    errors = [np.abs(panel.values - truth) for panel in panels]
    worst = max(float(np.percentile(error, ERROR_PERCENTILE)) for error in errors)
    shown = {"origin": "lower", "interpolation": "nearest"}
    image = axes[0, 0].imshow(truth, vmin=low, vmax=high, cmap="viridis", **shown)
    axes[0, 0].set_title("ground truth", fontsize=10)
    for column, (panel, error) in enumerate(zip(panels, errors, strict=True), start=1):
        axes[0, column].imshow(panel.values, vmin=low, vmax=high, cmap="viridis", **shown)
        axes[0, column].set_title(f"{panel.label}\n{panel.psnr[step]:.1f} dB at this step", fontsize=10)
        difference = axes[1, column].imshow(error, vmin=0, vmax=worst or 1.0, cmap="magma", **shown)
        axes[1, column].set_title(f"error of {panel.label}", fontsize=10)
    for axis in [*axes[0], *axes[1, 1:]]:
        axis.set_xticks([])
        axis.set_yticks([])
    figure.colorbar(image, ax=axes[0, -1], label="value", shrink=0.85)
    figure.colorbar(difference, ax=axes[1, -1], label="absolute error", shrink=0.85, extend="max")
    _curves(axes[1, 0], panels, step, stride)


def _curves(axis: Any, panels: Sequence[Panel], step: int, stride: int) -> None:
    """PSNR over steps; a dot on each kept step, a line at the step shown."""
    for panel in panels:
        numbers = np.array(sorted(panel.psnr))
        values = np.array([panel.psnr[i] for i in numbers])
        drawn = axis.plot(numbers, values, linewidth=1.3, label=panel.label)
        kept = numbers % stride == 0
        axis.plot(numbers[kept], values[kept], "o", markersize=3, color=drawn[0].get_color())
    unseen = [value for panel in panels for i, value in panel.psnr.items() if i % stride]
    known = [value for panel in panels for i, value in panel.psnr.items() if i % stride == 0]
    if max(known) > max(unseen) + _FAR:  # every voxel was kept: such steps come back exactly
        spread = max(unseen) - min(unseen)
        axis.set_ylim(min(unseen) - 0.1 * spread, max(unseen) + 0.5 * spread)
    axis.axvline(step, color="0.6", linewidth=0.8, linestyle="--")
    axis.set_title("PSNR over time (dots: kept steps)", fontsize=10)
    axis.set_xlabel("step")
    axis.set_ylabel("dB")
    axis.grid(alpha=0.25)
    axis.legend(fontsize=8, framealpha=0.9)
