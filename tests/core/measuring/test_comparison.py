"""Comparison with the full series: kept, unseen and extrapolated steps apart, each with its own range."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stsr_core.cli.tables import explanation, table, verdict
from stsr_core.kept import Kept, kept_steps, step_kinds, steps_to_measure
from stsr_core.measuring.comparison import Comparison, Row, compare, with_baselines
from stsr_core.series import VolumeSeries
from stsr_core.words import ordinal


def ramp(n_steps: int = 7, nodes: int = 4) -> VolumeSeries:
    """Step i has the values 0 … 1 times (i + 1): a range of i + 1."""
    step = np.linspace(0, 1, nodes**3, dtype=np.float32).reshape(nodes, nodes, nodes)
    return VolumeSeries.from_arrays({"a": np.stack([step * (i + 1) for i in range(n_steps)])})


def measured(offsets: list[float], gap: int) -> Row:
    series = ramp(len(offsets))
    comparison = Comparison({"a": Kept(temporal_gap=gap)})
    for i, offset in enumerate(offsets):
        truth = series["a"].step(i)
        comparison.add("model", series["a"], i, truth, truth + np.float32(offset), seconds=2.0)
    return comparison.rows({"model": 30.0})[0]


@pytest.mark.parametrize(
    ("n_steps", "gap", "kept", "unseen", "beyond"),
    [(100, 3, 25, 72, 3), (100, 5, 17, 80, 3), (48, 3, 12, 33, 3), (5, 0, 5, 0, 0), (1, 3, 1, 0, 0)],
)
def test_steps_are_of_three_kinds(n_steps: int, gap: int, kept: int, unseen: int, beyond: int) -> None:
    kinds = step_kinds(n_steps, gap)
    assert [len(kind) for kind in kinds] == [kept, unseen, beyond]
    assert sorted(i for kind in kinds for i in kind) == list(range(n_steps))
    assert kinds[0] == kept_steps(n_steps, gap).tolist()


def test_each_step_counts_with_its_own_range() -> None:
    # Error 0.1 of range i + 1: 20·log10(10·(i + 1)) dB. Kept 0, 2; unseen 1; after the last kept one: 3.
    row = measured([0.1] * 4, gap=1)
    decibel = [20 * math.log10(10 * (i + 1)) for i in range(4)]
    assert row.kept == pytest.approx((decibel[0] + decibel[2]) / 2, abs=1e-4)
    assert row.unseen == pytest.approx(decibel[1], abs=1e-4)
    assert row.all_steps == pytest.approx(sum(decibel) / 4, abs=1e-4)
    assert (row.fit_seconds, row.step_seconds, row.n_measured, row.n_steps) == (30.0, 2.0, 4, 4)


def test_kept_and_unseen_are_not_mixed() -> None:
    row = measured([0.0001, 1.0, 0.0001, 1.0, 0.0001], gap=1)
    assert row.kept > row.unseen + 60


def test_the_voxels_beyond_the_last_kept_one_do_not_count_as_inside() -> None:
    series = ramp(3)
    comparison = Comparison({"a": Kept(2, 1)})
    prediction = series["a"].step(1) + np.float32(0.02)
    prediction[3] += 5.0  # of 4 nodes, 0 and 2 are kept: node 3 is extrapolated
    comparison.add("model", series["a"], 1, series["a"].step(1), prediction)
    row = comparison.rows()[0]
    inside = series["a"].step(1)[:3, :3, :3]
    assert row.unseen_inside == pytest.approx(20 * math.log10(float(np.ptp(inside)) / 0.02), abs=1e-3)
    assert row.unseen < 15


def test_constant_steps_are_counted_and_left_out() -> None:
    series = VolumeSeries.from_arrays({"a": np.stack([np.zeros((2, 2, 2)), np.arange(8.0).reshape(2, 2, 2)])})
    comparison = Comparison({"a": Kept()})
    for i in range(2):
        comparison.add("model", series["a"], i, series["a"].step(i), series["a"].step(i) + 0.7)
    row = comparison.rows()[0]
    assert row.n_constant == 1
    assert row.kept == pytest.approx(20.0, abs=1e-6)
    assert math.isnan(row.unseen)
    assert "1 steps with a constant true field" in explanation([row], {"a": Kept(2, 0)})


def test_points_without_a_finite_truth_do_not_count() -> None:
    series = ramp(1)
    truth = series["a"].step(0).copy()
    truth[0, 0, 0] = np.nan
    comparison = Comparison({"a": Kept()})
    comparison.add("model", series["a"], 0, truth, series["a"].step(0) + np.float32(0.1))
    assert 19 < comparison.rows()[0].kept < 20.1


@pytest.mark.parametrize("limit", [3, 10, 47, 48, 1000])
def test_drawn_steps_hold_each_kind_and_keep_to_the_limit(limit: int) -> None:
    chosen = steps_to_measure(48, 3, limit)
    assert len(set(chosen)) == len(chosen) <= min(limit, 48)
    assert all(set(kind) & set(chosen) for kind in step_kinds(48, 3))


def test_interpolations_of_the_kept_samples_stand_beside_the_model() -> None:
    from stsr_core.training import fit

    # Linear in time and space: tricubic + linear is exact between kept samples, up to float32.
    t, z, y, x = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in (5, 6, 7, 8)], indexing="ij")
    series = VolumeSeries.from_arrays({"a": t + 2 * z - y + 0.5 * x, "b": t * 0 + x})
    model = fit(series, field="cubic", spatial_factor=2, temporal_gap=1)
    fields, seconds = with_baselines(series, model, 9.0, 2, 1)
    assert list(fields) == ["cubic", "tricubic + linear"]
    assert seconds["cubic"] == 9.0
    fractions: list[float] = []
    rows = compare(series, fields, 2, 1, on_progress=fractions.append).rows(seconds)
    assert [(row.variable, row.method) for row in rows] == [(v, m) for v in "ab" for m in fields]
    assert all(row.unseen_inside > 60 for row in rows)
    assert fractions[-1] == 1.0 and fractions == sorted(fractions)


def test_each_variable_is_measured_by_what_was_kept_of_it() -> None:
    from stsr_core.training import fit

    t, z, y, x = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in (7, 6, 7, 8)], indexing="ij")
    series = VolumeSeries.from_arrays({"a": np.sin(t + z - y + x), "b": np.cos(2 * t + z * y - x)})
    factors, gaps = [1, 2], [2, 1]
    model = fit(series, field="tricubic_linear", spatial_factor=factors, temporal_gap=gaps)
    fields, seconds = with_baselines(series, model, 1.0, factors, gaps)
    rows = {row.variable: row for row in compare(series, fields, factors, gaps).rows(seconds)[::2]}
    # All voxels of every third step of a are kept, and of b only some of every second.
    assert rows["a"].kept > 90 > rows["a"].unseen == rows["a"].unseen_inside
    assert rows["b"].kept < 60 and rows["b"].unseen != rows["b"].unseen_inside
    each = [
        compare(series.select([name]), {"m": model}, factor, gap).rows()[0]
        for name, factor, gap in zip("ab", factors, gaps, strict=True)
    ]
    columns = ("kept", "unseen", "unseen_inside", "all_steps")
    for alone in each:
        together = [getattr(rows[alone.variable], c) for c in columns]
        np.testing.assert_array_equal(together, [getattr(alone, c) for c in columns])
    assert {row.method for row in compare(series, fields, factors, gaps).rows()} == set(fields)


def test_an_aborted_comparison_keeps_what_it_has() -> None:
    from stsr_core.training import fit

    series = ramp(5)
    fields = {"cubic": fit(series, field="cubic")}
    seen: list[float] = []
    comparison = compare(series, fields, should_abort=lambda: len(seen) == 2, on_progress=seen.append)
    assert comparison.rows()[0].n_measured == 2


ROWS = [
    Row("a", "net", 40.0, 39.0, 41.0, 38.0, 180.0, 1.0, 48, 48),
    Row("a", "tricubic + linear", 42.0, 30.0, 31.5, 36.0, 0.5, 0.1, 48, 48),
    Row("b", "net", 20.0, float("nan"), float("nan"), 20.0, float("nan"), 1.0, 5, 48),
    Row("b", "tricubic + linear", 26.0, float("nan"), float("nan"), 26.0, 0.5, 0.1, 5, 48),
]


def test_the_table_marks_the_best_and_names_a_variable_once() -> None:
    lines = table(ROWS).splitlines()
    assert lines[0].split() == [
        "variable",
        "method",
        *["kept", "unseen", "unseen", "inside", "all", "steps", "fit", "s", "s/step"],
    ]
    assert lines[2].split() == ["a", "net", "40.00", "39.00*", "41.00*", "38.00*", "180.0", "1.00"]
    assert lines[3].split() == ["tricubic", "+", "linear", "42.00*", "30.00", "31.50", "36.00", "0.5", "0.10"]
    assert lines[4].split() == ["b", "net", "20.00", "-", "-", "20.00", "-", "1.00"]


def test_the_verdict_is_honest_both_ways() -> None:
    won, lost = verdict(ROWS, "net")
    assert won == "a: on unseen steps (inside) net is 9.50 dB above tricubic + linear interpolation"
    assert lost == "b: on all steps net is 6.00 dB BELOW tricubic + linear interpolation"


def test_the_explanation_says_what_was_kept_and_measured() -> None:
    text = explanation(ROWS[2:], {"b": Kept(2, 3)})
    assert "kept: every 2nd voxel of each axis and every 4th step.\n" in text
    assert "Measured on 5 of 48 steps of b, drawn from each kind." in text
    text = explanation(ROWS, {"a": Kept(3, 0), "b": Kept()})
    assert "kept:\n  a: every 3rd voxel of each axis;\n  b: everything.\n" in text
    assert "of a" not in text
    assert ordinal(3) == "3rd"
