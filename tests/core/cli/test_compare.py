"""`stsr compare`: two series, the measures of every step that both have, and what it refuses."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from stsr_core import metrics
from stsr_core.cli import main
from stsr_core.cli.terminal import ProgressLine
from stsr_core.grid import Grid
from stsr_core.io import open_series, write_series
from stsr_core.series import VolumeSeries

GRID = Grid((12, 11, 13), (0.0, 1.0, 2.0), (0.5, 1.0, 2.0))
TIMES = 10.0 + np.arange(5)


def wave(times=TIMES, grid: Grid = GRID, shift: float = 0.0, name: str = "p") -> VolumeSeries:
    """A moving wave, ``shift`` times another one beside it."""
    z, y, x = np.meshgrid(*[np.linspace(0, 1, n) for n in grid.shape], indexing="ij")
    steps = [np.sin(3 * x + y - z + 0.4 * t) + shift * np.cos(5 * y + t) for t in times]
    return VolumeSeries.from_arrays({name: np.stack(steps).astype(np.float32)}, grid, times, {name: "Pa"})


def _nothing() -> VolumeSeries:
    return VolumeSeries.from_arrays({"p": np.full((5, *GRID.shape), np.nan)}, GRID, TIMES)


def save(path: Path, series: VolumeSeries) -> str:
    v = series.variables[0]
    write_series(path, v.grid, v.times, lambda i: {u.name: u.step(i) for u in series}, units={v.name: v.unit})
    return str(path)


@pytest.fixture
def truth(tmp_path: Path) -> str:
    return save(tmp_path / "truth.pvd", wave())


def read(path: Path) -> dict:
    """By a strict reader."""

    def refuse(word: str) -> float:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(path.read_text(), parse_constant=refuse)


@pytest.mark.parametrize("suffix", [".pvd", ".h5"])
def test_every_measure_is_that_of_the_metrics(truth: str, tmp_path: Path, capsys, suffix: str) -> None:
    found = save(tmp_path / f"found{suffix}", wave(shift=0.1))
    assert main(["compare", found, truth, "--table", str(tmp_path / "m.json")]) == 0
    expected, values = (open_series(path)["p"].array() for path in (truth, found))
    table = read(tmp_path / "m.json")
    assert table["remarks"] == []
    low, high = float(expected.min()), float(expected.max())
    for i, row in enumerate(table["curves"]):
        own = metrics.value_range(expected[i])
        assert (row["variable"], row["step"], row["time"], row["kept"]) == ("p", i, TIMES[i], None)
        assert row["psnr"] == pytest.approx(metrics.psnr(expected[i], values[i], data_range=own))
        assert row["psnr_global"] == pytest.approx(
            metrics.psnr(expected[i], values[i], data_range=high - low)
        )
        assert row["nrmse"] == pytest.approx(metrics.nrmse(expected[i], values[i], data_range=own))
        assert row["max_error"] == pytest.approx(metrics.max_error(expected[i], values[i]))
        assert row["ssim"] == pytest.approx(metrics.ssim(expected[i], values[i], data_range=own))
        assert (row["lpips"], row["points"], row["masked"]) == (None, GRID.size, 0)
    (mean,) = table["measures"]
    assert (mean["steps"], mean["n_steps"], mean["unit"]) == ("all", 5, "Pa")
    assert mean["rmse"] == pytest.approx(np.mean([row["rmse"] for row in table["curves"]]))
    assert mean["max_error"] == max(row["max_error"] for row in table["curves"])
    text = capsys.readouterr()
    assert f"{mean['psnr']:.2f}" in text.out and "p (Pa)" in text.out
    assert text.err == "", "no bar where there is no terminal"


@pytest.mark.requires_vtk
def test_the_isovalue_is_derived_or_given(truth: str, tmp_path: Path) -> None:
    found = save(tmp_path / "found.h5", wave(shift=0.1))
    both = {}
    for name, more in (("derived", []), ("given", ["--isovalue", "0.25"])):
        assert main(["compare", found, truth, *more, "--table", str(tmp_path / f"{name}.json")]) == 0
        both[name] = read(tmp_path / f"{name}.json")
    expected, values = (open_series(path)["p"].step(2) for path in (truth, found))
    for table in both.values():
        isovalue = table["measures"][0]["isovalue"]
        distance = metrics.chamfer_of_isosurfaces(expected, values, isovalue)
        assert table["curves"][2]["chamfer"] == pytest.approx(distance)
    assert both["given"]["measures"][0]["isovalue"] == 0.25 != both["derived"]["measures"][0]["isovalue"]


def test_kept_and_unseen_steps_are_told_apart_by_the_model(truth: str, tmp_path: Path, capsys) -> None:
    model, found = str(tmp_path / "m.stsr"), str(tmp_path / "found.pvd")
    assert main(["fit", truth, "--time", "1", "--field", "cubic", "-o", model]) == 0
    assert main(["upscale", model, "--times", "10:14:5", "-o", found]) == 0
    capsys.readouterr()
    assert main(["compare", found, truth, "--model", model, "--table", str(tmp_path / "m.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [" ".join(line.split()[-9:-7]) for line in lines[2:]] == ["all 5", "kept 3", "unseen 2"]
    with open(tmp_path / "m.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["kept"] for row in rows] == ["1", "0", "1", "0", "1"]
    assert min(float(r["psnr"]) for r in rows if r["kept"] == "1") > 100
    assert max(float(r["psnr"]) for r in rows if r["kept"] == "0") < 90
    assert rows[0]["lpips"] == ""


def test_only_steps_of_one_time_are_compared_and_the_others_are_said(
    truth: str, tmp_path: Path, capsys
) -> None:
    found = save(tmp_path / "found.pvd", wave(times=np.array([10, 10.5, 11 + 1e-7, 12.001, 14])))
    assert main(["compare", found, truth, "--table", str(tmp_path / "m.json")]) == 0
    table = read(tmp_path / "m.json")
    assert [row["points"] > 0 for row in table["curves"]] == [True, True, False, False, True]
    assert table["measures"][0]["n_steps"] == 3
    assert table["remarks"] == [
        "p: 2 of 5 steps of the ground truth are left out, at whose times the prediction has none: 12, 13",
        "p: 2 of 5 steps of the prediction are left out, at whose times the ground truth has none: 10.5, "
        "12.001",
    ]
    said = capsys.readouterr().err
    assert all(f"stsr compare: {text}\n" in said for text in table["remarks"])


def test_points_that_are_not_finite_are_left_out_and_said(truth: str, tmp_path: Path) -> None:
    holed = wave()["p"].array()
    holed[1, 0, 0, :2] = np.nan
    holed[3] = np.nan
    found = save(tmp_path / "found.h5", VolumeSeries.from_arrays({"p": holed}, GRID, TIMES))
    assert main(["compare", found, truth, "--table", str(tmp_path / "m.json")]) == 0
    table = read(tmp_path / "m.json")
    assert [row["masked"] for row in table["curves"]] == [0, 2, 0, 0, 0]
    assert [row["points"] for row in table["curves"]] == [GRID.size, GRID.size - 2, GRID.size, 0, GRID.size]
    assert "p: the prediction is not finite at 2 points, which are left out" in table["remarks"]
    assert "p: the prediction holds no finite value, so there is nothing to compare" in table["remarks"]


def test_variables_of_other_names_are_compared_when_they_are_given_one(
    truth: str, tmp_path: Path, capsys
) -> None:
    series = wave(shift=0.1, name="q")
    values = np.stack([series["q"].step(i) for i in range(len(series["q"].times))])
    two = save(tmp_path / "two.h5", VolumeSeries.from_arrays({"q": values, "r": values}, GRID, TIMES))
    assert main(["compare", two, truth]) == 2
    error = capsys.readouterr().err
    assert (
        "the prediction has q, r, the ground truth p; give each of the two its own --name, the same one"
        in error
    )
    found = save(tmp_path / "found.h5", series)
    assert main(["compare", found, truth]) == 0, "one of each belongs to the other"
    said = capsys.readouterr()
    assert said.out.splitlines()[-1].startswith("p (Pa)")
    assert "stsr compare: the prediction's q is compared with the ground truth's p" in said.err
    assert main(["compare", f"{found}:/q", truth, "--name", "u", "--name", "u"]) == 0
    assert "u (Pa)" in capsys.readouterr().out


def test_without_vtk_the_chamfer_distance_is_left_out_with_a_sentence(
    truth: str, tmp_path: Path, capsys, monkeypatch
) -> None:
    files = [save(tmp_path / f"{i}.h5", wave(shift=0.1 * i)) for i in range(2)]
    monkeypatch.setitem(sys.modules, "vtkmodules.util.numpy_support", None)  # importing it fails now
    assert main(["compare", *files]) == 0
    text = capsys.readouterr()
    assert (
        'CD is left out: isosurfaces need the package vtk: pip install "stsr[vtk]" (at 5 steps)' in text.err
    )
    assert text.out.splitlines()[-1].split()[-2:] == ["0.9465", "–"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("{truth}", "two series must be given, a prediction and its ground truth, got 1"),
        ("{truth} {truth} {truth}", "a prediction and its ground truth, got 3"),
        (
            "{other_grid} {truth}",
            "the grids differ: 5 x 5 x 5 nodes over X 0 to 4, Y 0 to 4, Z 0 to 4 in the",
        ),
        (
            "{later} {truth}",
            "5 of 5 steps of the ground truth are left out, at whose times the prediction has",
        ),
        ("{nan} {truth}", "the prediction holds no finite value, so there is nothing to compare"),
        ("{truth} nowhere.pvd", "nowhere.pvd"),
        ("{truth} {truth} --variable T", "T"),
        ("{truth} {truth} --isovalue nan", "--isovalue must be finite, got nan"),
        ("{truth} {truth} --model nowhere.stsr", "nowhere.stsr: cannot read the model"),
        ("{truth} {truth} --table m.txt", "--table must end in .csv or .json, got 'm.txt'"),
        ("{truth} {truth} --table /nowhere/m.csv", "the folder /nowhere does not exist"),
        ("{truth} {truth} --table {old}", "m.csv exists; choose another table, or --overwrite it"),
    ],
)
def test_bad_input_ends_in_one_sentence(
    truth: str, tmp_path: Path, capsys, arguments: str, message: str
) -> None:
    small = Grid((5, 5, 5))
    (tmp_path / "m.csv").write_text("old")
    places = {
        "truth": truth,
        "other_grid": save(tmp_path / "other.pvd", wave(grid=small)),
        "later": save(tmp_path / "later.pvd", wave(times=TIMES + 100)),
        "nan": save(tmp_path / "nan.pvd", _nothing()),
        "old": tmp_path / "m.csv",
    }
    assert main(["compare", *arguments.format(**places).split()]) == 2
    text = capsys.readouterr()
    assert message in text.err
    assert text.err.splitlines()[-1].startswith("stsr compare: ")
    assert text.out == ""
    assert (tmp_path / "m.csv").read_text() == "old"


def test_ctrl_c_leaves_no_table(truth: str, tmp_path: Path, capsys, monkeypatch) -> None:
    def press(self: ProgressLine, text: str, fraction: float) -> None:
        if "step 3 of 5" in text and "surveying" not in text:
            raise KeyboardInterrupt  # what Python makes of Ctrl-C

    monkeypatch.setattr(ProgressLine, "show", press)
    assert main(["compare", truth, truth, "--table", str(tmp_path / "m.csv")]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert not (tmp_path / "m.csv").exists()


@pytest.mark.requires_tifffile
@pytest.mark.requires_vtk
def test_a_tiff_is_learned_upscaled_and_its_cells_are_measured(tmp_path: Path, capsys, monkeypatch) -> None:
    """Two channels of bytes from every second time to an OME-TIFF, with every command that is in between."""
    tifffile = pytest.importorskip("tifffile")
    monkeypatch.chdir(tmp_path)
    z, y, x = np.meshgrid(*[np.arange(16)] * 3, indexing="ij")
    times = np.arange(5)[:, None, None, None]
    balls = [(z - 8) ** 2 + (y - 8) ** 2 + (x - 6 - 0.5 * s * times) ** 2 <= 25 for s in (1, -1)]
    values = np.where(np.stack(balls, axis=2), 200, 10).astype(np.uint8)
    metadata = {"axes": "TZCYX", "spacing": 0.5, "unit": "um", "finterval": 20.0}
    tifffile.imwrite("cells.tif", values, imagej=True, resolution=(2, 2), metadata=metadata)
    fit = ["fit", "cells.tif", "--time", "1", "--field", "motion", "--table-voxels", "0"]
    assert main(fit) == 0
    assert main(["upscale", "cells.stsr", "--time-scale", "2", "-o", "out.ome.tif"]) == 0
    assert main(["info", "cells.stsr"]) == 0
    assert "10 to 200, uint8" in capsys.readouterr().out
    out = open_series("out.ome.tif")
    assert out["channel_2"].dtype == np.uint8 and (out.length_unit, out.time_unit) == ("um", "s")
    assert out["channel_1"].times.tolist() == [0, 20, 40, 60, 80]
    np.testing.assert_array_equal(out["channel_1"].array()[::2], values[::2, :, 0])
    compare = ["compare", "out.ome.tif", "cells.tif", "--model", "cells.stsr", "--table", "m.json"]
    assert main([*compare, "--cells", "all"]) == 0
    rows = read(tmp_path / "m.json")
    kept = next(row for row in rows["measures"] if row["steps"] == "kept")
    assert (kept["dsc"], kept["bsa"], kept["n_steps"]) == (1.0, 0.0, 3)
    assert kept["volume_truth"] == pytest.approx(4 / 3 * np.pi * 2.5**3, rel=0.2)  # smoothing takes a sixth
    assert [len(rows["curves"]), rows["curves"][1]["kept"]] == [10, False]
    assert "sphericity of truth" in capsys.readouterr().out
