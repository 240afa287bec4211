"""Coefficients, samples and folders of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stsr_core.homogenization import samples
from stsr_core.homogenization.coefficients import PATTERNS, of_phases, pattern, random_phases
from stsr_core.homogenization.diffusion import solve
from stsr_core.homogenization.generation import generate
from stsr_core.homogenization.maps import read_maps
from stsr_core.homogenization.plan import Plan, jobs, read_plan

SMALL = {"cells": 8, "coarse": 2, "scales": (4.0,), "test_scales": (2.0,), "validation": 1, "patterns": False}


def test_random_maps_have_both_phases_alike_often() -> None:
    phases = random_phases(0)
    assert phases.shape == (128, 128) and phases.dtype == np.uint8
    assert abs(phases.mean() - 0.5) < 3 * 0.5 / 128
    assert not np.array_equal(phases, random_phases(1))


def test_patterns_follow_their_formulas() -> None:
    assert len(PATTERNS) == 13
    board = pattern("checkerboard-8")
    np.testing.assert_array_equal(board[:8, :8], 1)
    np.testing.assert_array_equal(board[:8, 8:16], 0)
    np.testing.assert_array_equal(pattern("stripes-4")[1:, :-1], pattern("stripes-4")[:-1, 1:])
    wave = pattern("wave-4")
    # Where sin(4πx) is 0, in the middle, the phases change at multiples of 1/8 of the height.
    assert np.flatnonzero(np.diff(wave[:, 63].astype(int))).tolist() == [15, 31, 47, 63, 79, 95, 111]
    quadrant = pattern("mixed-1")[:64, :64]
    assert any(np.array_equal(quadrant, pattern(name)[:64, :64]) for name in PATTERNS[:9])
    for name in PATTERNS:
        assert 0.3 < pattern(name).mean() < 0.7, name


def test_a_sample_follows_from_its_seed_alone(tmp_path: Path) -> None:
    first = samples.compute(7, cells=6, coarse=3, scales=[2, 3.7])
    samples.write(tmp_path / "a.npz", first)
    again = samples.read(tmp_path / "a.npz")
    assert (again.seed, again.pattern, again.load, again.quadrature) == (7, "", 1.0, "exact")
    assert again.fine[3.7].shape == (12, 12) and again.fine[3.7].dtype == np.float32
    np.testing.assert_array_equal(again.fine[2.0], solve(again.coefficient, 6).astype(np.float32))
    np.testing.assert_array_equal(again.coefficient, of_phases(random_phases(7, 6)))
    by_name = samples.compute("stripes-4", cells=8, coarse=2, scales=[2], values=(2.0, 3.0))
    assert by_name.seed == -1 and set(np.unique(by_name.coefficient)) == {2.0, 3.0}


@pytest.mark.parametrize(("scale", "text"), [(0.1, "at least 2 intervals"), (-2, "finite number > 0")])
def test_a_scale_below_one_interval_is_refused(scale: float, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        samples.fine_intervals(8, scale)


def test_a_damaged_sample_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    samples.write(path, samples.compute(0, cells=4, coarse=2, scales=[2]))
    with pytest.raises(ValueError, match=r"a.npz: has no solution at scale 4, but at 2"):
        samples.read(path, [4])
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"a\.npz: expected a sample"):
        samples.read(path)


def test_a_folder_is_gone_on_with(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    plan = Plan(maps=3, test=2, **SMALL)
    told: list[tuple[int, int]] = []
    stop = iter([False, False, True])
    made = generate(
        folder, plan, processes=1, on_progress=lambda *n: told.append(n), should_stop=lambda: next(stop)
    )
    assert made == 2 and told == [(1, 6), (2, 6)]
    before = (folder / "train/000000.npz").stat().st_mtime_ns
    (folder / "train/000001.npz").write_bytes(b"PK damaged")
    assert generate(folder, plan, processes=1) == 5
    assert (folder / "train/000000.npz").stat().st_mtime_ns == before
    assert generate(folder, plan, processes=1) == 0
    assert (
        generate(folder, Plan(maps=1, test=3, **SMALL), processes=1) == 1
    )  # more of one, none of another lost
    assert (read_plan(folder).maps, read_plan(folder).test) == (3, 3)
    with pytest.raises(ValueError, match="holds samples with cells 8, got 6; take another folder"):
        generate(folder, Plan(maps=3, test=2, **{**SMALL, "cells": 6}), processes=1)
    maps = read_maps(folder, "test", 2)
    assert (
        maps.coarse.shape == (3, 3, 3)
        and maps.fine.shape == (3, 5, 5)
        and maps.coefficient.shape == (3, 8, 8)
    )
    with pytest.raises(ValueError, match="has no samples in patterns/"):
        read_maps(folder, "patterns", 2)


def test_processes_make_the_same_samples(tmp_path: Path) -> None:
    plan = Plan(maps=2, test=0, **{**SMALL, "validation": 0})
    generate(tmp_path / "one", plan, processes=1)
    assert generate(tmp_path / "two", plan, processes=2) == 2
    for a, b in zip(*(read_maps(tmp_path / name, "train", 4).fine for name in ("one", "two")), strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_two_parts_share_a_seed() -> None:
    seeds = [job.of for job in jobs(Plan(maps=20, validation=20, test=20))]
    assert len(seeds) == len(set(seeds)) == 73


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ({"maps": 0}, "maps must be >= 1, got 0"),
        ({"scales": ()}, "scales must be numbers > 0"),
        ({"values": (0.0, 1.0)}, "values must be two numbers > 0"),
        ({"test_scales": (0.01,)}, "scale must leave at least 2 intervals"),
        ({"quadrature": "gauss"}, "quadrature must be one of exact, mean, midpoint, got 'gauss'"),
    ],
)
def test_a_plan_is_checked(entries: dict, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Plan(**entries)
