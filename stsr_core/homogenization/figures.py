"""Pictures of an evaluation: fields and errors, lines through the middle, spectra, validation curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.homogenization.measures import display

#: By how much errors are enlarged, and how often the bands of the display map repeat.
ENLARGED, BANDS = 20, 8
_DPI = 110


def write_fields(path: Path, fields: Mapping[str, np.ndarray], title: str) -> None:
    """Normalised fields, their bands, and their errors enlarged, one column each.

    Parameters
    ----------
    path : path
        PNG.
    fields : mapping
        Label → (n, n) in [0, 1], "truth" among them.
    title : str
    """
    truth = fields["truth"]
    figure, axes = _figure(3, len(fields), 1.75 * len(fields) + 0.6, 5.6)
    for column, (label, values) in zip(axes.T, fields.items(), strict=True):
        extent = {"origin": "lower", "interpolation": "nearest", "extent": (0, 1, 0, 1)}
        shown = column[0].imshow(values, cmap="viridis", vmin=0, vmax=1, **extent)
        column[1].imshow(display(values, BANDS), cmap="jet", vmin=0, vmax=255, **extent)
        error = np.clip(ENLARGED * (values - truth), -1, 1)
        wrong = column[2].imshow(error, cmap="RdBu_r", vmin=-1, vmax=1, **extent)
        column[0].set_title(label, fontsize=9)
    for row, text in zip(axes, ("u", f"bands of u ({BANDS})", f"error × {ENLARGED}"), strict=True):
        row[0].set_ylabel(text, fontsize=9)
        for axis in row:
            axis.set_xticks([])
            axis.set_yticks([])
    figure.colorbar(shown, ax=axes[0].tolist(), fraction=0.012, pad=0.01)
    figure.colorbar(wrong, ax=axes[2].tolist(), fraction=0.012, pad=0.01)
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, dpi=_DPI)


def write_lines(path: Path, fields: Mapping[str, np.ndarray], title: str) -> None:
    """Normalised values along the middle row and the middle column.

    Parameters
    ----------
    path : path
    fields : mapping
        As of :func:`write_fields`.
    title : str
    """
    figure, axes = _figure(1, 2, 9.5, 3.6)
    for axis, name in zip(axes[0], ("x along the middle row", "y along the middle column"), strict=True):
        for label, values in fields.items():
            middle = len(values) // 2
            line = values[middle] if name.startswith("x") else values[:, middle]
            style = {"color": "black", "lw": 1.8} if label == "truth" else {"lw": 1.0}
            axis.plot(np.linspace(0, 1, len(line)), line, label=label, **style)
        axis.set_xlabel(name)
        axis.set_xlim(0, 1)
    axes[0, 0].set_ylabel("normalised u")
    axes[0, 1].legend(fontsize=8)
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, dpi=_DPI)


def write_spectra(path: Path, spectra: Mapping[str, np.ndarray], title: str) -> None:
    """Mean radially averaged power spectral densities.

    Parameters
    ----------
    path : path
    spectra : mapping
        Label → (K,), "truth" among them.
    title : str
    """
    figure, axes = _figure(1, 1, 6.0, 4.2)
    axis = axes[0, 0]
    for label, values in spectra.items():
        style = {"color": "black", "lw": 1.8} if label == "truth" else {"lw": 1.0}
        axis.loglog(np.arange(1, len(values)), values[1:], label=label, **style)
    axis.set_xlabel("wave number (periods per side)")
    axis.set_ylabel("power")
    axis.legend(fontsize=8)
    axis.set_title(title, fontsize=10)
    figure.savefig(path, dpi=_DPI)


def write_validation(path: Path, curves: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """The mean squared error of the validation maps over the seconds of training.

    Parameters
    ----------
    path : path
    curves : mapping
        Label → points of a model's history.
    """
    figure, axes = _figure(1, 1, 6.0, 4.2)
    axis = axes[0, 0]
    for label, points in curves.items():
        axis.semilogy([p["seconds"] for p in points], [p["mse"] for p in points], ".-", lw=1.0, label=label)
    axis.set_xlabel("seconds of training")
    axis.set_ylabel("MSE of the validation maps")
    axis.legend(fontsize=8)
    figure.savefig(path, dpi=_DPI)


def _figure(rows: int, columns: int, width: float, height: float) -> tuple[Any, np.ndarray]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False)
