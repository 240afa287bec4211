"""Cells: overlap and shape against closed forms, matching, and what is empty."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stsr_core.cli.tables import measures_table
from stsr_core.measuring.measured import measure
from stsr_core.measuring.pair import Pair
from stsr_core.measuring.rows import curve_rows, mean_rows
from stsr_core.measuring.segmenting import all_cells, largest_cell, segmenter
from stsr_core.measuring.survey import Survey
from stsr_core.metrics import Cells, SegmentedPair, Shape, dice, shape_of
from stsr_core.metrics.cells import matched, numbered
from stsr_core.metrics.table import MEASURES, Volumes

CELLS = [key for key, row in MEASURES.items() if row.of_cells]


def ball(radius: float, center=(0, 0, 0), size: int = 31) -> np.ndarray:
    """Points within a radius of a centre, from the middle of a cube of nodes."""
    axes = np.ogrid[(slice(0, size),) * 3]
    return sum((a - size // 2 - c) ** 2 for a, c in zip(axes, center, strict=True)) <= radius**2


BOTH = ball(5, (-7, 0, 0)) | ball(5, (7, 0, 0))


def test_dice_against_counts() -> None:
    a, b = np.arange(10) < 6, np.arange(10) >= 4
    assert dice(a, b) == pytest.approx(2 * 2 / 12)
    assert dice(a, ~a) == 0 and dice(a, a) == 1
    assert dice(np.zeros(3), np.zeros(3)) == 1
    with pytest.raises(ValueError, match="shape"):
        dice(np.zeros(3), np.zeros(4))


@pytest.mark.parametrize(
    ("volume", "surface", "expected"),
    [
        (1, 6, 0.805996),
        (2, 10, 0.767663),
        (1 / (6 * math.sqrt(2)), math.sqrt(3), 0.671139),
        (2 * math.pi, 6 * math.pi, 0.873580),
        (2 * math.pi / 3, 3 * math.pi, 0.839947),
        (4 * math.pi / 3, 4 * math.pi, 1),
    ],
    ids=["cube", "box 1x1x2", "tetrahedron", "cylinder", "hemisphere", "ball"],
)
def test_sphericity_of_bodies(volume: float, surface: float, expected: float) -> None:
    assert Shape(volume, surface).sphericity == pytest.approx(expected, abs=1e-6)
    assert Shape(8 * volume, 4 * surface).sphericity == pytest.approx(expected, abs=1e-6)


@pytest.mark.requires_vtk
def test_shapes_of_smoothed_masks() -> None:
    found = shape_of(ball(10))
    assert 0.99 <= found.sphericity <= 1
    assert found.volume == pytest.approx(4 / 3 * math.pi * 1000, rel=0.05)
    cube = shape_of(np.ones((10, 10, 10)))
    assert cube.sphericity == pytest.approx(0.9176, abs=0.005)
    larger = shape_of(np.ones((10, 10, 10)), (0.5, 0.5, 0.5))
    assert (larger.volume, larger.surface) == pytest.approx((cube.volume / 8, cube.surface / 4))
    # Flat voxels: an ellipsoid, thrice as long as thick.
    assert shape_of(ball(10), (1.0, 1.0, 3.0)).volume == pytest.approx(3 * found.volume)
    assert shape_of(np.ones((2, 2, 2))) == Shape(0.0, 0.0) and math.isnan(Shape(0.0, 0.0).sphericity)


@pytest.mark.requires_vtk
def test_a_cell_at_the_border_is_closed_there() -> None:
    half = shape_of(ball(12, size=31)[15:])
    assert (
        half.sphericity == pytest.approx(0.839947, rel=0.1) and half.volume > 0.45 * shape_of(ball(12)).volume
    )


def test_cells_are_matched_by_their_overlap() -> None:
    truth = np.array([1, 1, 1, 2, 2, 2, 0, 3])
    prediction = np.array([5, 4, 4, 4, 4, 4, 0, 0])
    # 4 overlaps 2 by three and 1 by two; 1 keeps its rest, 5.
    assert matched(truth, prediction) == [(1, 5), (2, 4)]
    assert matched(truth, 0 * truth) == []


@pytest.mark.requires_vtk
def test_the_error_of_sphericity_counts_lost_and_invented_cells() -> None:
    one = ball(5, (-7, 0, 0))
    phi = shape_of(one).sphericity
    assert SegmentedPair(BOTH, BOTH).sphericity_error == 0
    for pair in (SegmentedPair(BOTH, one), SegmentedPair(one, BOTH)):
        assert pair.sphericity_error == pytest.approx((0 + phi**2) / 2)
    assert SegmentedPair(BOTH, one).volume(0) == pytest.approx(2 * SegmentedPair(BOTH, one).volume(1))
    cubes = np.zeros((31, 31, 31), bool)
    cubes[10:20, 10:20, 10:20] = True
    expected = (shape_of(cubes).sphericity - shape_of(ball(5)).sphericity) ** 2
    assert SegmentedPair(ball(5), cubes).sphericity_error == pytest.approx(expected)


def test_numbers_of_a_segmenter_are_cells_that_may_touch() -> None:
    touching = np.array([[[1, 1, 2, 2]]])
    assert numbered(touching) is touching
    assert numbered(touching > 0).max() == 1


def measured(truth: np.ndarray, prediction: np.ndarray, segment=all_cells):
    survey = Survey()
    survey.add(truth)
    pair = Pair("u", "u", truth, prediction, np.isfinite(truth))
    return measure(pair, survey, cells=Cells(segment, (1.0, 1.0, 2.0)))


@pytest.mark.requires_vtk
def test_rows_of_the_table_are_those_of_the_cells() -> None:
    rest = ball(2, (7, 0, 0))
    truth = np.where(ball(5, (-7, 0, 0)) | rest, 200.0, 10.0)
    prediction = np.where(ball(6, (-7, 0, 0)) | rest, 190.0, 12.0)
    found = measured(truth, prediction, largest_cell).values
    expected = SegmentedPair(ball(5, (-7, 0, 0)), ball(6, (-7, 0, 0)), (1.0, 1.0, 2.0))
    assert [found[key] for key in CELLS] == pytest.approx(
        [
            *(expected.dice, expected.sphericity_error),
            *(expected.sphericity(1), expected.sphericity(0)),
            *(expected.volume(1), expected.volume(0)),
            *(expected.surface(1), expected.surface(0)),
        ]
    )
    assert found["dsc"] < measured(truth, prediction).values["dsc"] + 0.01
    plain = Volumes(truth, prediction)
    assert all(MEASURES[key].value(plain) is None for key in CELLS)


@pytest.mark.requires_vtk
def test_empty_segmentations_are_counted_and_a_constant_truth_is_said() -> None:
    nothing = np.zeros((31, 31, 31))
    truth = np.where(ball(5), 1.0, 0.0)
    empty = measured(truth, truth, lambda a, b: (a > 9, b > 9))
    assert empty.values["dsc"] == 1 and math.isnan(empty.values["sphericity"])
    assert (
        "u: there is no cell at this step, neither in the ground truth nor in the prediction" in empty.remarks
    )
    lost = measured(truth, truth, lambda a, b: (a > 0, b > 9))
    assert lost.values["dsc"] == 0 and lost.values["bsa"] == pytest.approx(
        lost.values["sphericity_truth"] ** 2
    )
    constant = measured(nothing, truth)
    assert math.isnan(constant.values["dsc"])
    assert "the ground truth is constant (0), so PSNR" in constant.remarks[0] and "BSA" in constant.remarks[0]
    (mean,) = mean_rows("u", "", None, [measured(truth, truth), empty])
    assert mean["bsa_undefined"] == 1 and mean["bsa"] == 0 and mean["dsc"] == 1
    assert "0.00000 (1 undefined)" in measures_table([mean])
    assert curve_rows("u", (0, 1), None, [lost, empty])[0]["volume"] == 0


@pytest.mark.requires_vtk
def test_the_bsa_of_a_series_is_the_mean_over_its_steps() -> None:
    truth, prediction = np.array([0.8, 0.9, 0.7]), np.array([0.75, 0.9, 0.8])
    assert np.mean((truth - prediction) ** 2) == pytest.approx(0.004166667, abs=1e-9)
    steps = [measured(np.where(ball(6), 1.0, 0.0), np.where(ball(r), 1.0, 0.0)) for r in (6, 4)]
    (mean,) = mean_rows("u", "", None, steps)
    assert mean["bsa"] == pytest.approx((0 + steps[1].values["bsa"]) / 2)


def test_points_that_do_not_count_are_no_cells() -> None:
    truth = np.where(ball(5), 1.0, 0.0)
    truth[:15] = np.nan
    assert measured(truth, np.where(ball(5), 1.0, 0.0)).values["dsc"] == 1


def test_segmenters_are_named_or_given() -> None:
    assert segmenter("all") is all_cells and segmenter("largest") is largest_cell
    assert segmenter(None) is segmenter("none") is None and segmenter(all_cells) is all_cells
    with pytest.raises(ValueError, match="cells must be none, largest, all or a function, got 'medsam'"):
        segmenter("medsam")
    with pytest.raises(
        ValueError, match=r"segment must return .* got float64 of shape \(2,\) for the ground"
    ):
        Cells(lambda a, b: (np.zeros(2), np.zeros(2))).of(BOTH, BOTH)
