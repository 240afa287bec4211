"""The program `stsr`: every command does what its help says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stsr_core.cli import main
from stsr_core.cli.sources import grouped
from stsr_core.cli.terminal import ProgressLine
from stsr_core.datasets import tornado
from stsr_core.grid import Grid
from stsr_core.io import open_series, write_series
from stsr_core.model import checkpoint
from stsr_core.model.claim import claimed
from stsr_core.series import VolumeSeries

GRID = Grid((5, 6, 7), (0.0, 1.0, 2.0), (0.5, 1.0, 2.0))


def wave(n_steps: int = 5, phase: float = 0.0, grid: Grid = GRID) -> VolumeSeries:
    z, y, x = np.meshgrid(*[np.linspace(0, 1, n) for n in grid.shape], indexing="ij")
    steps = [np.sin(3 * x + y - z + 0.4 * t + phase) for t in range(n_steps)]
    return VolumeSeries.from_arrays(
        {"p": np.stack(steps).astype(np.float32)}, grid, 10.0 + np.arange(n_steps)
    )


def save(path: Path, series: VolumeSeries) -> Path:
    v = series.variables[0]
    write_series(path, v.grid, v.times, lambda i: {u.name: u.step(i) for u in series}, time_unit="s")
    return path


@pytest.fixture
def run01(tmp_path: Path) -> Path:
    return save(tmp_path / "run01.pvd", wave())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cubic interpolation as a model file: exact on the kept samples, and made in no time."""
    folder = tmp_path_factory.mktemp("model")
    save(folder / "a.pvd", wave())
    save(folder / "b.pvd", wave(phase=1.0))
    arguments = ["fit", str(folder / "a.pvd"), str(folder / "b.pvd"), "--name", "a", "--name", "b"]
    assert main([*arguments, "--field", "cubic", "-o", str(folder / "m.stsr")]) == 0
    return folder / "m.stsr"


# fit ------------------------------------------------------------------------------------------------------


def test_fit_prints_a_table_when_the_truth_is_at_hand(run01: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "vf.stsr"
    code = main(["fit", str(run01), "--space", "2", "--time", "1", "--epochs", "1", "-o", str(output)])
    assert code == 0
    header = checkpoint.read_header(output)
    assert (header.kind, header.domain.names, header.time_unit) == ("mixture", ("p",), "s")
    assert header.domain[0].grid.shape == (3, 3, 4)
    assert header.domain[0].times == (10.0, 12.0, 14.0)
    text = capsys.readouterr()
    for words in ("mixture", "tricubic + linear", "4D cubic", "unseen inside", "every 2nd voxel"):
        assert words in text.out
    assert "p: on unseen steps (inside) mixture is" in text.out
    assert "7×6×5 nodes, 5 steps; kept: 4×3×3 nodes, 3 steps" in text.err


def test_a_mixture_says_what_it_chose_and_why(run01: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "vf.stsr"
    small = ["--set", "rehearsal_steps=20", "--set", 'network={"width": 32, "depth": 2}', "--epochs", "1"]
    assert main(["fit", str(run01), "--field", "mixture", *small, "--time", "1", "-o", str(output)]) == 0
    text = capsys.readouterr()
    (line,) = (line for line in text.out.splitlines() if "features move" in line)
    assert line.startswith("p: ") and " % " not in line.partition(";")[0] and "% " in line
    assert "at twice the gap: linear " in line and "motion " in line
    assert "p: on unseen steps (inside) mixture is" in text.out
    assert main(["info", str(output)]) == 0
    assert line in capsys.readouterr().out


def test_each_variable_can_keep_another_part(run01: Path, tmp_path: Path, capsys) -> None:
    other = Grid((4, 4, 4))
    save(tmp_path / "q.pvd", VolumeSeries.from_arrays({"q": wave(7, grid=other)["p"].array()}, other))
    output = tmp_path / "both.stsr"
    keep = ["--space", "2,1", "--time", "0,2"]
    fit = ["fit", *keep, str(run01), str(tmp_path / "q.pvd"), "--epochs", "1", "-o", str(output)]
    assert main(fit) == 0
    header = checkpoint.read_header(output)
    assert [v.grid.shape for v in header.domain] == [(3, 3, 4), (4, 4, 4)]
    assert [len(v.times) for v in header.domain] == [5, 3]
    assert header.history[-1]["data"] == {"spatial_factor": [2, 1], "temporal_gap": [0, 2], "fill": None}
    text = capsys.readouterr()
    assert "p: 7×6×5 nodes, 5 steps; kept: 4×3×3 nodes, 5 steps" in text.err
    assert "q: 4×4×4 nodes, 7 steps; kept: 4×4×4 nodes, 3 steps" in text.err
    assert "kept:\n  p: every 2nd voxel of each axis;\n  q: every 3rd step.\n" in text.out
    p, q = (next(x for x in text.out.splitlines() if x.startswith(f"{name} ")).split() for name in "pq")
    assert p[3:5] == ["-", "-"], "no step of p is unseen"
    assert float(q[3].rstrip("*")) == float(q[4].rstrip("*")), "no voxel of q is"
    assert main(["fit", *fit[5:7], "--space", "2,2,2", "-o", str(tmp_path / "no.stsr")]) == 2
    assert "one for each of the 2 variables (p, q), got 3" in capsys.readouterr().err
    assert not (tmp_path / "no.stsr").exists()


def test_what_is_kept_has_the_words_of_the_code_too(run01: Path, tmp_path: Path) -> None:
    short, long = (["--space", "2", "--time", "1"], ["--spatial-factor", "2", "--temporal-gap", "1"])
    models = [tmp_path / "short.stsr", tmp_path / "long.stsr"]
    for keep, output in zip((short, long), models, strict=True):
        assert main(["fit", str(run01), *keep, "--field", "nearest", "-o", str(output)]) == 0
    first, second = (checkpoint.read_header(output) for output in models)
    assert replace(first, history=[]) == replace(second, history=[])
    assert first.history[-1]["data"] == second.history[-1]["data"]
    assert first.domain[0].times == (10.0, 12.0, 14.0)


def test_without_space_and_time_the_data_is_the_coarse_series(run01: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "vf.stsr"
    assert main(["fit", str(run01), "--field", "cubic", "-o", str(output)]) == 0
    domain = checkpoint.read_header(output).domain[0]
    assert domain.grid == domain.full_grid == GRID
    assert "unseen" not in capsys.readouterr().out


def test_a_model_is_as_readable_as_any_file(model: Path) -> None:
    plain = model.with_name("plain")
    plain.touch()
    assert model.stat().st_mode == plain.stat().st_mode


def test_several_sources_are_several_members(model: Path) -> None:
    assert checkpoint.read_header(model).domain.names == ("a", "b")


def test_patterns_variables_and_seeds(tmp_path: Path) -> None:
    data = wave()
    arrays = {"p": data["p"].array(), "q": data["p"].array() * 2}
    save(tmp_path / "both.vti", VolumeSeries.from_arrays(arrays, GRID))
    pattern, outputs = str(tmp_path / "both_*.vti"), [tmp_path / f"{i}.stsr" for i in range(4)]
    base = ["fit", pattern, "--field", "modulated_siren", "--epochs", "1"]
    assert main([*base, "-o", str(outputs[0])]) == 0
    assert checkpoint.read_header(outputs[0]).domain.names == ("p", "q")
    for output, seed in zip(outputs[1:], "334", strict=True):
        assert main([*base, "--variable", "q", "--name", "run", "--seed", seed, "-o", str(output)]) == 0
    assert checkpoint.read_header(outputs[1]).domain.names == ("run",)
    weights = [checkpoint.load(output).state_dict()["output.weight"].numpy() for output in outputs[1:]]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert np.any(weights[0] != weights[2])


def test_raw_and_hdf5_sources(tmp_path: Path) -> None:
    series = wave()
    for i in range(3):
        series["p"].step(i).astype("<f4").tofile(tmp_path / f"p_{i}.raw")
    size = ["--shape", "7", "6", "5", "--dtype", "float32", "--spacing", "2", "1", "0.5"]
    raw = ["fit", str(tmp_path / "p_*.raw"), *size, "--name", "p", "--field", "cubic"]
    assert main([*raw, "-o", str(tmp_path / "raw.stsr")]) == 0
    domain = checkpoint.read_header(tmp_path / "raw.stsr").domain[0]
    assert (domain.grid.shape, domain.grid.spacing, len(domain.times)) == ((5, 6, 7), (0.5, 1.0, 2.0), 3)

    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file["run/p"] = series["p"].array().transpose(3, 2, 1, 0)
    hdf5 = ["fit", f"{tmp_path / 'p.h5'}:/run/p", "--axes", "xyzt", "--field", "cubic"]
    assert main([*hdf5, "-o", str(tmp_path / "h5.stsr")]) == 0
    domain = checkpoint.read_header(tmp_path / "h5.stsr").domain[0]
    assert (domain.grid.shape, len(domain.times)) == ((5, 6, 7), 5)


def test_what_the_shell_expanded_is_grouped_by_folder(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("run01", "run02"):
        Path(folder).mkdir()
        for i in (1, 2):
            Path(folder, f"{i}.vti").touch()
    one, two = (["run01/1.vti", "run01/2.vti"], ["run02/1.vti", "run02/2.vti"])
    assert grouped(one + two, 2) == [one, two]
    assert grouped(one + two, 0) == [one, two]
    assert grouped(one, 2) == one, "as many names as files: every file is a member of its own"
    assert grouped(["run01/*.vti", "run02/*.vti"], 0) == ["run01/*.vti", "run02/*.vti"]


def test_one_step_and_constant_series_work(tmp_path: Path) -> None:
    save(tmp_path / "one.vti", wave(n_steps=1))
    constant = VolumeSeries.from_arrays({"c": np.full((3, 4, 4, 4), 7.25, np.float32)})
    save(tmp_path / "constant.pvd", constant)
    for name in ("one.vti", "constant.pvd"):
        model = tmp_path / (name[:3] + ".stsr")
        fit = ["fit", str(tmp_path / name), "--space", "2", "--epochs", "1", "-o", str(model)]
        assert main(fit) == 0
        assert main(["upscale", str(model), "--scale", "2", "-o", str(tmp_path / f"out_{name}")]) == 0
    out = open_series(tmp_path / "out_constant.pvd")["c"].array()
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, np.float32(7.25))


def test_nan_is_replaced_when_asked(tmp_path: Path) -> None:
    values = wave()["p"].array()
    values[3, 0, 0, 0] = np.nan
    save(tmp_path / "nan.pvd", VolumeSeries.from_arrays({"p": values}))
    fit = ["fit", str(tmp_path / "nan.pvd"), "--field", "cubic", "-o", str(tmp_path / "m.stsr")]
    assert main(fit) == 2
    assert main([*fit, "--fill", "0"]) == 0


def test_missing_values_are_left_out_and_axes_close_when_asked(tmp_path: Path, capsys) -> None:
    broken = wave(grid=Grid((6, 6, 8)))["p"].array()
    broken[:, 2:5, 2:5, 2:5] = np.nan
    series = save(tmp_path / "bad.pvd", VolumeSeries.from_arrays({"p": broken}))
    output = tmp_path / "m.stsr"
    fit = ["fit", str(series), "-o", str(output), "--space", "2", "--time", "1", "--fill", "mask"]
    assert main([*fit, "--field", "modulated_siren"]) == 2
    known = "tricubic_linear, cubic, b_spline, nearest, motion, mixture"
    assert f"must be one of {known} where" in capsys.readouterr().err
    assert main([*fit, "--field", "cubic", "--periodic", "z,x"]) == 2
    assert "periodic axes belong to motion and mixture, got 'z,x' with cubic" in capsys.readouterr().err
    assert main([*fit, "--field", "motion", "--periodic", "z,w"]) == 2
    assert "periodic must name axes among z, y, x, got 'z,w'" in capsys.readouterr().err
    assert main([*fit, "--field", "motion", "--periodic", "X,z"]) == 0
    assert "nan" not in capsys.readouterr().out, "the table is of the points that are there"
    header = checkpoint.read_header(output)
    assert header.configuration["periodic"] == "zx" and header.domain[0].masked
    found = tmp_path / "up.pvd"
    assert main(["upscale", str(output), "--scale", "1", "-o", str(found)]) == 0
    values = open_series(str(found))["p"].array()
    assert np.isnan(values).any() and np.isfinite(values[:, 0, 0, 0]).all()


def test_two_runs_do_not_learn_into_one_file(run01: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "vf.stsr"
    with claimed(output):
        assert main(["fit", str(run01), "--field", "cubic", "-o", str(output)]) == 2
    assert f"{output} is being written by another run" in capsys.readouterr().err
    assert list(tmp_path.glob("*.stsr")) == []
    assert main(["fit", str(run01), "--field", "cubic", "-o", str(output)]) == 0


def test_ctrl_c_leaves_a_usable_model_that_resumes(run01: Path, tmp_path: Path, capsys) -> None:
    output, before = tmp_path / "vf.stsr", signal.getsignal(signal.SIGINT)

    def interrupt() -> None:
        while signal.getsignal(signal.SIGINT) is before:
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    p = wave()["p"]
    save(tmp_path / "q.pvd", VolumeSeries.from_arrays({"q": p.array()}, p.grid, p.times))
    sources = [str(run01), str(tmp_path / "q.pvd")]
    fit = ["fit", *sources, "--time", "1,0", "--minutes", "0.05", "-o", str(output)]
    assert main(fit) == 130
    thread.join()
    assert signal.getsignal(signal.SIGINT) is before
    assert "--resume" in capsys.readouterr().err
    assert checkpoint.read_header(output).training is not None
    assert main(["info", str(output)]) == 0
    assert "unfinished" in capsys.readouterr().out
    assert main(["upscale", str(output), "--variable", "p", "-o", str(tmp_path / "out.pvd")]) == 0
    assert main([*fit, "--resume"]) == 0
    assert checkpoint.read_header(output).training is None
    text = capsys.readouterr().out
    assert "tricubic + linear" in text
    assert "kept:\n  p: every 2nd step;\n  q: everything.\n" in text


def test_ctrl_c_while_motion_is_looked_for(run01: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    shown: list[str] = []

    def show(line: ProgressLine, text: str, fraction: float) -> None:
        shown.append(text)
        os.kill(os.getpid(), signal.SIGINT)

    output = tmp_path / "m.stsr"
    fit = ["fit", str(run01), "--field", "motion", "--time", "1", "-o", str(output)]
    with monkeypatch.context() as patch:
        patch.setattr(ProgressLine, "show", show)
        assert main(fit) == 130
    assert shown == ["taking the samples"]
    assert "the same command with --resume goes on from here" in capsys.readouterr().err
    assert main(["upscale", str(output), "-o", str(tmp_path / "out.pvd")]) == 0
    assert main([*fit, "--resume"]) == 0
    assert checkpoint.read_header(output).training is None
    assert "tricubic + linear" in capsys.readouterr().out


# upscale --------------------------------------------------------------------------------------------------


def test_a_scale_splits_every_interval(model: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out.pvd"
    assert main(["upscale", str(model), "--scale", "2", "--time-scale", "4", "-o", str(out)]) == 0
    series = open_series(out)
    assert series.names == ("a", "b")
    assert series["a"].grid.matches(GRID.refined(2))
    np.testing.assert_allclose(series["a"].times, 10 + np.arange(17) / 4)
    # Nodes and times of the coarse series are the model's own samples.
    coarse = wave()["p"]
    for i in range(5):
        np.testing.assert_allclose(series["a"].step(4 * i)[::2, ::2, ::2], coarse.step(i), atol=2e-5)
    assert "13×11×9 nodes, 17 steps" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ([], (5, 6, 7)),
        (["--scale", "2", "1", "0.5"], (3, 6, 13)),
        (["--dimensions", "4", "5", "6"], (6, 5, 4)),
        (["--spacing", "1"], (3, 6, 13)),
        (["--spacing", "2", "1", "0.25"], (9, 6, 7)),
    ],
)
def test_the_output_grid_is_told_in_x_y_z(model: Path, tmp_path: Path, arguments, shape) -> None:
    out = tmp_path / "out.h5"
    run = ["upscale", str(model), *arguments, "--times", "11.5", "--variable", "b", "-o", str(out)]
    assert main(run) == 0
    series = open_series(out)
    assert series.names == ("b",)
    assert series["b"].grid.shape == shape
    assert series["b"].times.tolist() == [11.5]


@pytest.mark.filterwarnings("default::stsr_core.OutsideTrainedRange")
def test_times_and_the_grid_of_another_file(model: Path, tmp_path: Path, capsys) -> None:
    other = Grid((4, 3, 2), (0.5, 2.0, 3.0), (0.25, 1.0, 1.0))
    save(tmp_path / "other.vti", wave(1, grid=other))
    run = ["upscale", str(model), "--like", str(tmp_path / "other.vti"), "--times", "10:12:5", "13", "20"]
    assert main([*run, "-o", str(tmp_path / "out.vti.series")]) == 0
    series = open_series(tmp_path / "out.vti.series")
    assert series["a"].grid.matches(other)
    assert series["a"].times.tolist() == [10, 10.5, 11, 11.5, 12, 13, 20]
    told = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert told == ["stsr: warning: time 20 is outside the trained range 10 to 14; showing 14"]
    np.testing.assert_array_equal(
        series["a"].step(6), open_series(_upscaled(model, tmp_path, "14"))["a"].step(0)
    )


def _upscaled(model: Path, folder: Path, *times: str) -> Path:
    like = ["--like", str(folder / "other.vti")]
    assert main(["upscale", str(model), *like, "--times", *times, "-o", str(folder / "again.pvd")]) == 0
    return folder / "again.pvd"


def test_members_are_blended_by_their_weights(model: Path, tmp_path: Path, capsys) -> None:
    """An interpolation is linear in its samples: over equal value ranges a blend is the weighted mean."""
    base = ["upscale", str(model), "--scale", "2", "--times", "10", "11.5"]
    both, mixed = tmp_path / "both.pvd", tmp_path / "mixed.pvd"
    assert main([*base, "-o", str(both)]) == 0
    assert main([*base, "--blend", "a=0.25, b=0.75", "-o", str(mixed)]) == 0
    assert "a mix of a and b; 13×11×9 nodes, 2 steps" in capsys.readouterr().out
    members, blend = open_series(both), open_series(mixed)
    assert blend.names == ("interpolated",)
    assert blend["interpolated"].grid.matches(GRID.refined(2))
    assert blend["interpolated"].times.tolist() == [10, 11.5]
    for i in range(2):
        mean = 0.25 * members["a"].step(i) + 0.75 * members["b"].step(i)
        # The two value ranges differ by a few hundredths.
        np.testing.assert_allclose(blend["interpolated"].step(i), mean, atol=0.02)
        assert not np.allclose(blend["interpolated"].step(i), members["a"].step(i), atol=0.1)


@pytest.mark.filterwarnings("default::UserWarning")
def test_weights_that_do_not_sum_to_one_are_told(model: Path, tmp_path: Path, capsys) -> None:
    up = ["upscale", str(model), "--times", "12"]
    for weights, name in (("a=0.5,b=0.5", "half"), ("a=2,b=2", "two")):
        assert main([*up, "--blend", weights, "-o", str(tmp_path / f"{name}.vti")]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert told == ["stsr: warning: the weights sum to 4, not 1; each was divided by 4"]
    half, two = (open_series(tmp_path / f"{name}.vti")["interpolated"].step(0) for name in ("half", "two"))
    np.testing.assert_array_equal(half, two)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--blend", "a=1,q=1"], "the model has no member 'q'; it has a, b"),
        (["--blend", "a"], "Weights must be like run01=0.5, run02=0.5 with numbers >= 0, got 'a'"),
        (["--blend", "a=0,b=0"], "at least one of the Weights must be > 0"),
        (["--blend", "a=1,b=1", "--variable", "a"], "not allowed with"),
        (["--interpolation", "spherical"], "interpolation is that of a blend"),
        (["--blend", "a=0.5,b=0.5", "--interpolation", "spherical"], "a cubic model does not have"),
    ],
)
def test_a_blend_that_cannot_be_is_refused(model: Path, tmp_path: Path, capsys, arguments, words) -> None:
    try:
        code = main(["upscale", str(model), *arguments, "-o", str(tmp_path / "out.pvd")])
    except SystemExit as end:  # argparse ends the program by itself
        code = end.code
    assert code == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("default::stsr_core.OutsideTrainedRange")
def test_members_of_other_times_are_united_as_in_the_filters(tmp_path: Path, capsys) -> None:
    save(tmp_path / "a.pvd", wave())
    long = wave(7)["p"]
    save(tmp_path / "b.pvd", VolumeSeries.from_arrays({"p": long.array()}, GRID, long.times + 1))
    files, names = [str(tmp_path / f"{n}.pvd") for n in "ab"], ["--name", "a", "--name", "b"]
    assert main(["fit", *files, *names, "--field", "cubic", "-o", str(tmp_path / "m.stsr")]) == 0
    capsys.readouterr()
    assert main(["upscale", str(tmp_path / "m.stsr"), "-o", str(tmp_path / "out.h5")]) == 0
    assert open_series(tmp_path / "out.h5")["a"].times.tolist() == [10, 11, 12, 13, 14, 15, 16, 17]
    told = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert told == [
        "stsr: warning: 3 of 8 times (15 to 17) are outside the trained range 10 to 14; showing 14",
        "stsr: warning: time 10 is outside the trained range 11 to 17; showing 11",
    ]


# info, import-official, demo ------------------------------------------------------------------------------


def test_info_for_people_and_for_programs(model: Path, capsys) -> None:
    assert main(["info", str(model)]) == 0
    text = capsys.readouterr().out
    for words in (
        "cubic",
        "  a\n",
        "  b\n",
        "7×6×5 kept of 7×6×5",
        "spacing 2 1 0.5",
        "10 to 14 s",
        "SHA-256",
    ):
        assert words in text
    assert main(["info", str(model), "--json"]) == 0
    header = json.loads(capsys.readouterr().out)
    assert [v["name"] for v in header["variables"]] == ["a", "b"]
    assert header["variables"][0]["grid"]["shape"] == [5, 6, 7]
    assert header["finished"] is True


def test_demo_writes_what_it_names(tmp_path: Path, capsys) -> None:
    folder = tmp_path / "demo"
    small = ["demo", "-o", str(folder), "--nodes", "12", "--steps", "9", "--epochs", "1"]
    assert main(small) == 0
    text = capsys.readouterr().out
    for words in (
        "mixture",
        "tricubic + linear",
        "4D cubic",
        "vortex",
        "comparison.png",
        "stsr-paraview demo",
    ):
        assert words in text
    upscaled = open_series(folder / "tornado/upscaled.pvd")
    assert upscaled.names == ("tornado",)
    assert upscaled["tornado"].grid.matches(tornado(12, 9)["tornado"].grid)
    assert upscaled["tornado"].times.tolist() == list(range(9))
    full = open_series(folder / "tornado/full.pvd")["tornado"]
    np.testing.assert_array_equal(full.step(8), tornado(12, 9)["tornado"].step(8))
    coarse = open_series(folder / "tornado/coarse.pvd")["tornado"]
    assert (coarse.grid.shape, coarse.times.tolist()) == ((6, 6, 6), [0, 4, 8])
    np.testing.assert_array_equal(coarse.step(1), tornado(12, 9)["tornado"].step(4)[::2, ::2, ::2])
    flow = open_series(folder / "vortex/full.pvd")["vortex"]
    assert (flow.grid.shape, len(flow.times)) == ((8, 8, 8), 6)
    kept = open_series(folder / "vortex/coarse.pvd")["vortex"]
    assert kept.grid.matches(flow.grid)
    np.testing.assert_array_equal(kept.times, flow.times[::4])
    assert (folder / "comparison.png").read_bytes()[:4] == b"\x89PNG"
    assert main(small) == 2, "an earlier demo is not replaced unasked"
    assert main([*small, "--overwrite"]) == 0


def test_the_installed_program_runs(model: Path) -> None:
    program = Path(sys.executable).with_name("stsr")
    version = subprocess.run([program, "--version"], capture_output=True, text=True)
    assert version.stdout.startswith("stsr 0.")
    missing = subprocess.run([program, "info", "nowhere.stsr"], capture_output=True, text=True)
    assert missing.returncode == 2
    assert missing.stderr == "stsr info: nowhere.stsr: cannot read the model: No such file or directory\n"


@pytest.mark.parametrize(
    "command", ["fit", "upscale", "compare", "info", "import-official", "demo", "doctor", "completion"]
)
def test_help_is_documentation(command: str, capsys) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) > 8
    assert max(len(line) for line in text.splitlines()) <= 110
