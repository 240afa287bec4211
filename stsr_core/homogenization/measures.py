"""How near a prediction is to the fine solution: on normalised fields, and in the norms of the equation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stsr_core.homogenization import diffusion
from stsr_core.metrics import ssim

#: Nodes along an axis of SSIM's window.
WINDOW = 11


@dataclass(frozen=True)
class Errors:
    """Of one map.

    Parameters
    ----------
    mse, mae, ssim : float
        On fields that are normalised to [0, 1] by the truth's range; the prediction is clamped to it and not
        normalised again.
    boundary : float
        Largest value on the boundary before it is set to 0, of the same fields.
    relative : float
        L2 norm of the error of physical values, relative to that of the truth.
    energy : float
        The same in the energy norm.
    smoothed : float
        The energy norm after one sweep of the multigrid's smoother.
    """

    mse: float
    mae: float
    ssim: float
    boundary: float
    relative: float
    energy: float
    smoothed: float


def errors_of(
    coefficient: np.ndarray, truth: np.ndarray, shape: np.ndarray, physical: np.ndarray, load: float = 1.0
) -> Errors:
    """All errors of a prediction.

    Parameters
    ----------
    coefficient : ndarray
        A (E, E).
    truth : ndarray
        The fine solution (n, n), physical.
    shape : ndarray
        The prediction (n, n) in the truth's normalised values, boundary as it was predicted.
    physical : ndarray
        The prediction (n, n) in physical values, 0 on the boundary.
    load : float
        f.
    """
    truth = np.asarray(truth, dtype=np.float64)
    normal = normalized_truth(truth, load)
    clamped = np.clip(shape, 0, 1)
    difference = clamped - normal
    edge = np.concatenate([shape[[0, -1]].ravel(), shape[:, [0, -1]].ravel()])
    after = diffusion.smoothed(coefficient, physical, load)
    return Errors(
        float(np.mean(difference**2)),
        float(np.mean(np.abs(difference))),
        structure(normal, clamped),
        float(np.abs(edge).max()),
        float(np.linalg.norm(physical - truth) / np.linalg.norm(truth)),
        diffusion.energy_error(coefficient, truth, physical),
        diffusion.energy_error(coefficient, truth, after),
    )


def structure(truth: np.ndarray, prediction: np.ndarray) -> float:
    """SSIM of normalised fields; NaN of images that are smaller than its window.

    Parameters
    ----------
    truth, prediction : ndarray
        (n, n) in [0, 1].

    Examples
    --------
    >>> structure(np.zeros((9, 9)), np.zeros((9, 9))), structure(np.zeros((11, 11)), np.zeros((11, 11)))
    (nan, 1.0)
    """
    return ssim(truth, prediction, data_range=1.0) if len(truth) >= WINDOW else math.nan


def normalized_truth(truth: np.ndarray, load: float = 1.0) -> np.ndarray:
    """A solution, whose minimum is 0, over its maximum."""
    values = np.asarray(truth, dtype=np.float64) / load
    return values / values.max()


def display(normal: np.ndarray, repetitions: int = 8) -> np.ndarray:
    """v = (255·u·m) mod 255 of normalised values: contour-like bands for the jet colour map.

    Examples
    --------
    >>> display(np.array([1.0, 0.1, 0.5])).round(9).tolist()
    [0.0, 204.0, 0.0]
    """
    return np.mod(255.0 * np.asarray(normal, dtype=np.float64) * repetitions, 255.0)
