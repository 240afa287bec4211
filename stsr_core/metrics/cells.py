"""Cells: how well masks overlap, and the volume, surface and sphericity of what they hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stsr_core.metrics.surface import isosurface
from stsr_core.metrics.volume import require_same_shape

#: (truth, prediction), both (Z, Y, X) → their cells: True inside, or whole numbers, one per cell, 0 outside.
Segmenter = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

_SIGMA = 1.0  # voxels; a ball of radius 10 has then the sphericity 0.9965, a binary one 0.91
_MARGIN = 5  # voxels around a mask, in which the smoothed one ends


def dice(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Dice similarity coefficient of two masks, 2|A ∩ B| / (|A| + |B|); 1 if both are empty.

    Parameters
    ----------
    truth, prediction : ndarray
        Of one shape; what is not 0 belongs to the mask.

    Examples
    --------
    >>> dice(np.array([True, True, False]), np.array([False, True, False])), dice(np.zeros(2), np.zeros(2))
    (0.6666666666666666, 1.0)
    """
    a, b = np.asarray(truth) != 0, np.asarray(prediction) != 0
    require_same_shape(a, b)
    total = np.count_nonzero(a) + np.count_nonzero(b)
    return float(2 * np.count_nonzero(a & b) / total) if total else 1.0


@dataclass(frozen=True)
class Shape:
    """A closed surface: its volume, its area and how close it is to a ball.

    Parameters
    ----------
    volume, surface : float
        In the unit of the spacing, cubed and squared; 0 where there is no surface.

    Examples
    --------
    A cube: (36π)^⅓ / 6.

    >>> round(Shape(1.0, 6.0).sphericity, 6)
    0.805996
    """

    volume: float
    surface: float

    @property
    def sphericity(self) -> float:
        """(36πV²)^⅓ / S: 1 for a ball, less for all else; NaN without a surface."""
        return (36 * math.pi * self.volume**2) ** (1 / 3) / self.surface if self.surface else math.nan


def shape_of(mask: np.ndarray, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> Shape:
    """Shape of a smoothed mask: of the surface at ½ of its Gaussian, σ = 1 voxel.

    The surface of the mask itself is stepped, which overestimates its area. At the border of the grid it is
    closed. Small bodies lose volume, a ball of radius 10 voxels 4 % and one of 5 about a sixth; what is
    smaller than about 3 voxels across has no surface.

    Parameters
    ----------
    mask : ndarray
        (Z, Y, X), not 0 inside.
    spacing : (z, y, x)
        Distances of voxels.

    Raises
    ------
    ImportError
        VTK is missing.

    Examples
    --------
    >>> z, y, x = np.ogrid[-12:13, -12:13, -12:13]
    >>> round(shape_of(z**2 + y**2 + x**2 <= 100).sphericity, 3)
    0.997
    """
    from scipy.ndimage import gaussian_filter

    inside = np.asarray(mask) != 0
    if inside.ndim != 3:
        raise ValueError(f"mask must have axes (Z, Y, X), got shape {inside.shape}")
    smooth = gaussian_filter(np.pad(inside, _MARGIN).astype(np.float32), _SIGMA, mode="constant")
    points, triangles = isosurface(smooth, 0.5)
    if not len(triangles):
        return Shape(0.0, 0.0)
    a, b, c = np.moveaxis((points * spacing)[triangles], 1, 0)
    twice = np.cross(b - a, c - a)
    # Divergence theorem; about a point amidst, so that nothing large cancels.
    volume = np.einsum("ij,ij->", a - a.mean(axis=0), twice) / 6
    return Shape(abs(float(volume)), float(np.linalg.norm(twice, axis=1).sum()) / 2)


def numbered(mask: np.ndarray) -> np.ndarray:
    """Cells as whole numbers from 1: those of a segmenter, or the parts of a mask that share no face.

    Examples
    --------
    >>> numbered(np.array([[[True, False, True]]])).tolist()
    [[[1, 0, 2]]]
    """
    mask = np.asarray(mask)
    if mask.dtype.kind in "iu":
        return mask
    from scipy.ndimage import label

    return label(mask)[0]


def shapes_of(cells: np.ndarray, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> dict[int, Shape]:
    """Number → shape of each cell that is large enough to have a surface."""
    from scipy.ndimage import find_objects

    found = {}
    for number, box in enumerate(find_objects(cells), start=1):
        if box is not None:
            shape = shape_of(cells[box] == number, spacing)
            if shape.surface:
                found[number] = shape
    return found


def matched(truth: np.ndarray, prediction: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of numbers of cells, each in one pair at most, that together overlap most; none without overlap.

    Examples
    --------
    >>> matched(np.array([[[1, 1, 2, 2]]]), np.array([[[0, 7, 7, 7]]]))
    [(2, 7)]
    """
    from scipy.optimize import linear_sum_assignment

    require_same_shape(truth, prediction)
    both = (truth > 0) & (prediction > 0)
    pairs, counts = np.unique(np.stack([truth[both], prediction[both]]), axis=1, return_counts=True)
    (rows, row), (columns, column) = (np.unique(p, return_inverse=True) for p in pairs)
    overlap = np.zeros((len(rows), len(columns)), np.int64)
    overlap[row, column] = counts
    chosen = zip(*linear_sum_assignment(overlap, maximize=True), strict=True)
    return [(int(rows[i]), int(columns[j])) for i, j in chosen if overlap[i, j]]


@dataclass(frozen=True)
class SegmentedPair:
    """Cells of the ground truth and of a prediction at one step.

    Parameters
    ----------
    truth, prediction : ndarray
        As a :data:`Segmenter` returns them.
    spacing : (z, y, x)

    Examples
    --------
    >>> empty = np.zeros((4, 4, 4), bool)
    >>> SegmentedPair(empty, empty).dice, SegmentedPair(empty, empty).sphericity_error
    (1.0, nan)
    """

    truth: np.ndarray
    prediction: np.ndarray
    spacing: Sequence[float] = (1.0, 1.0, 1.0)

    @cached_property
    def numbers(self) -> tuple[np.ndarray, np.ndarray]:
        """:func:`numbered` cells of the ground truth and of the prediction."""
        return numbered(self.truth), numbered(self.prediction)

    @cached_property
    def shapes(self) -> tuple[dict[int, Shape], dict[int, Shape]]:
        """Those of the ground truth and of the prediction, by number."""
        truth, prediction = (shapes_of(n, self.spacing) for n in self.numbers)
        return truth, prediction

    @property
    def dice(self) -> float:
        """See :func:`dice`."""
        return dice(self.truth, self.prediction)

    def volume(self, which: int) -> float:
        """Volume of all cells of the ground truth (0) or of the prediction (1)."""
        return sum(shape.volume for shape in self.shapes[which].values())

    def surface(self, which: int) -> float:
        """Surface of all cells of the ground truth (0) or of the prediction (1)."""
        return sum(shape.surface for shape in self.shapes[which].values())

    def sphericity(self, which: int) -> float:
        """Mean over the cells of the ground truth (0) or of the prediction (1); NaN if there are none."""
        found = [shape.sphericity for shape in self.shapes[which].values()]
        return float(np.mean(found)) if found else math.nan

    @property
    def sphericity_error(self) -> float:
        """Mean over cells of (Φ_truth − Φ_prediction)²; NaN if neither has any.

        Cells are paired by :func:`matched`; one without a partner counts with the partner's Φ = 0. The mean
        over all steps is BSA, the biological structure accuracy of SpatimeINR.
        """
        truth, prediction = self.shapes
        pairs = [(i, j) for i, j in matched(*self.numbers) if i in truth and j in prediction]
        differences = [truth[i].sphericity - prediction[j].sphericity for i, j in pairs]
        for shapes, side in ((truth, 0), (prediction, 1)):
            met = {pair[side] for pair in pairs}
            differences += [shape.sphericity for number, shape in shapes.items() if number not in met]
        return float(np.mean(np.square(differences))) if differences else math.nan


@dataclass(frozen=True)
class Cells:
    """How cells are told from what is around them.

    Parameters
    ----------
    segment : callable
        A :data:`Segmenter`.
    spacing : (z, y, x)
        Distances of voxels, of which volumes and surfaces are taken.
    """

    segment: Segmenter
    spacing: Sequence[float] = (1.0, 1.0, 1.0)

    def of(self, truth: np.ndarray, prediction: np.ndarray, mask: np.ndarray | None = None) -> SegmentedPair:
        """The cells of two volumes (Z, Y, X); a point where ``mask`` is False lies outside of all.

        Raises
        ------
        ValueError
            If the segmenter returns another shape, or neither truth values nor whole numbers.
        """
        counted: np.ndarray | bool = True
        if mask is not None:
            counted = mask
            truth, prediction = (np.where(mask, v, v[mask].min()) for v in (truth, prediction))
        found = [np.asarray(part) for part in self.segment(truth, prediction)]
        for whose, part in zip(("ground truth", "prediction"), found, strict=True):
            if part.shape != truth.shape or part.dtype.kind not in "biu":
                raise ValueError(
                    f"segment must return truth values or whole numbers of shape {truth.shape}, got "
                    f"{part.dtype} of shape {part.shape} for the {whose}"
                )
        return SegmentedPair(found[0] * counted, found[1] * counted, self.spacing)
