"""Bad input: one sentence on standard error, exit code 2, and everything that was there is untouched."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stsr_core.cli import main
from stsr_core.datasets import tornado
from stsr_core.grid import Grid
from stsr_core.io import write_series
from stsr_core.series import VolumeSeries


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good and bad files; no test may change one of them."""
    folder = tmp_path_factory.mktemp("files")
    good = tornado(6, 3)
    _write(folder / "good.pvd", good)
    _write(folder / "one.vti", tornado(6, 1))
    _write(folder / "two_0.vti", tornado(6, 1))
    _write(folder / "two_1.vti", tornado(7, 1))
    _write(folder / "grid_0.vti", tornado(6, 1))
    _write(folder / "grid_1.vti", VolumeSeries.from_arrays({"tornado": np.zeros((1, 6, 6, 6), np.float32)}))
    _write(folder / "type_0.vti", tornado(6, 1))
    wide = good["tornado"].array().astype(np.float64)[:1]
    _write(folder / "type_1.vti", VolumeSeries.from_arrays({"tornado": wide}, good["tornado"].grid))
    _write(folder / "name_0.vti", tornado(6, 1))
    _write(folder / "name_1.vti", tornado(6, 1, name="other"))
    values = good["tornado"].array()
    values[1, 0, 0, :2] = np.nan
    _write(folder / "nan.pvd", VolumeSeries.from_arrays({"tornado": values}))
    (folder / "empty.vti").touch()
    content = (folder / "one.vti").read_bytes()
    (folder / "cut.vti").write_bytes(content[: len(content) // 2])
    (folder / "p.raw").write_bytes(b"\0" * 100)

    assert main(["fit", str(folder / "good.pvd"), "--field", "cubic", "-o", str(folder / "good.stsr")]) == 0
    model = (folder / "good.stsr").read_bytes()
    (folder / "cut.stsr").write_bytes(model[:-100])
    (folder / "foreign.stsr").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 64)
    (folder / "pickled.stsr").write_bytes(b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94.")
    (folder / "newer.stsr").write_bytes(_with_version(model, 99))
    return folder


def _write(path: Path, series: VolumeSeries) -> None:
    v = series.variables[0]
    write_series(path, v.grid, v.times, lambda i: {v.name: v.step(i)})


def _with_version(model: bytes, version: int) -> bytes:
    (length,) = struct.unpack("<Q", model[:8])
    entries = json.loads(model[8 : 8 + length])
    header = json.loads(entries["__metadata__"]["stsr"]) | {"format_version": version}
    entries["__metadata__"]["stsr"] = json.dumps(header)
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + model[8 + length :]


FIT = "fit {source} -o {new}.stsr --epochs 1 "
UP = "upscale {files}/good.stsr -o {new}.pvd "

BAD = {
    "missing file": ("fit {files}/nowhere.vti -o {new}.stsr", "nowhere.vti"),
    "empty pattern": ("fit {files}/nowhere_*.vti -o {new}.stsr", "nowhere_*.vti"),
    "empty file": ("fit {files}/empty.vti -o {new}.stsr", "empty.vti"),
    "truncated file": ("fit {files}/cut.vti -o {new}.stsr", "cut.vti"),
    "unknown kind of file": ("fit {files}/good.stsr -o {new}.stsr", "good.stsr"),
    "another shape": ("fit {files}/two_*.vti -o {new}.stsr", "two_1.vti"),
    "another spacing": ("fit {files}/grid_*.vti -o {new}.stsr", "grid_1.vti"),
    "another type": ("fit {files}/type_*.vti -o {new}.stsr", "type_1.vti"),
    "an array missing in one step": ("fit {files}/name_*.vti -o {new}.stsr", "name_1.vti"),
    "missing variable": ("fit {files}/good.pvd --variable T -o {new}.stsr", "T"),
    "NaN": ("fit {files}/nan.pvd -o {new}.stsr", "step 1 (time 1) has 2 NaN or infinite values"),
    "one name for two": ("fit {files}/one.vti {files}/good.pvd --name a -o {new}.stsr", "2 sources, 1 names"),
    "the same name twice": ("fit {files}/one.vti {files}/good.pvd -o {new}.stsr", "its own --name"),
    "raw without a shape": ("fit {files}/p.raw -o {new}.stsr", "shape"),
    "raw of another size": ("fit {files}/p.raw --shape 2 2 2 --dtype float32 -o {new}.stsr", "p.raw"),
    "shape of a VTK file": ("fit {files}/one.vti --shape 2 2 2 -o {new}.stsr", "shape"),
    "space 0": ("fit {files}/good.pvd --space 0 -o {new}.stsr", "got 0"),
    "space twice": ("fit {files}/good.pvd --space 2,2 -o {new}.stsr", "the 1 variables (tornado), got 2"),
    "time -1": ("fit {files}/good.pvd --time -1 -o {new}.stsr", "got -1"),
    "minutes NaN": (
        "fit {files}/good.pvd --minutes nan -o {new}.stsr",
        "minutes must be a finite number > 0",
    ),
    "epochs 0": ("fit {files}/good.pvd --epochs 0 -o {new}.stsr", "epochs must be >= 1, got 0"),
    "unknown field": ("fit {files}/good.pvd --field magic -o {new}.stsr", "got 'magic'"),
    "unknown profile": ("fit {files}/good.pvd --field stsr_inr --profile x -o {new}.stsr", "profile"),
    "profile of another field": ("fit {files}/good.pvd --profile paper -o {new}.stsr", "stsr_inr"),
    "unknown setting": ("fit {files}/good.pvd --set wide=9 -o {new}.stsr", "argument 'wide'"),
    "width 0": (
        "fit {files}/good.pvd --field modulated_siren --set width=0 -o {new}.stsr",
        "width must be >= 1, got 0",
    ),
    "width -3": (
        "fit {files}/good.pvd --field modulated_siren --set width=-3 -o {new}.stsr",
        "width must be >= 1, got -3",
    ),
    "width 1.5": (
        "fit {files}/good.pvd --field modulated_siren --set width=1.5 -o {new}.stsr",
        "width must be a whole number >= 1, got 1.5",
    ),
    "a network beyond all memory": (
        "fit {files}/good.pvd --field modulated_siren --set width=10000000000 -o {new}.stsr",
        "modulated_siren",
    ),
    "hidden_omega 0": (
        "fit {files}/good.pvd --field modulated_siren --set hidden_omega=0 -o {new}.stsr",
        "hidden_omega must be > 0, got 0",
    ),
    "depth 0": (
        "fit {files}/good.pvd --field modulated_siren --set depth=0 -o {new}.stsr",
        "depth must be >= 1, got 0",
    ),
    "kld_weight in words": (
        "fit {files}/good.pvd --field modulated_siren --set kld_weight=x -o {new}.stsr",
        "kld_weight must be a finite number >= 0, got 'x'",
    ),
    "setting of an interpolation": (
        "fit {files}/good.pvd --field nearest --set kernel=x -o {new}.stsr",
        "argument 'kernel'",
    ),
    "seed -1": ("fit {files}/good.pvd --seed -1 -o {new}.stsr", "seed must be a whole number >= 0, got -1"),
    "setting without a value": ("fit {files}/good.pvd --set width -o {new}.stsr", "got 'width'"),
    "unknown device": ("fit {files}/good.pvd --device magic -o {new}.stsr", "got 'magic'"),
    "no such folder": ("fit {files}/good.pvd -o {new}/a/b.stsr", "does not exist"),
    "another suffix": ("fit {files}/good.pvd -o {new}.pth", "must end in .stsr"),
    "existing model": ("fit {files}/good.pvd -o {files}/good.stsr", "exists"),
    "nothing to resume": ("fit {files}/good.pvd --resume -o {files}/good.stsr", "nothing to resume"),
    "not a number": ("fit {files}/good.pvd --space two -o {new}.stsr", "got 'two'"),
    "unknown option": ("fit {files}/good.pvd --magic -o {new}.stsr", "--magic"),
    "no model": ("upscale {files}/nowhere.stsr -o {new}.pvd", "nowhere.stsr: cannot read the model"),
    "truncated model": ("upscale {files}/cut.stsr -o {new}.pvd", "truncated model: expected"),
    "foreign model": ("upscale {files}/foreign.stsr -o {new}.pvd", "found an HDF5 file"),
    "pickled model": ("info {files}/pickled.stsr", "found a Python pickle, which is never loaded"),
    "newer model": ("info {files}/newer.stsr", "format version 99 is newer"),
    "data instead of a model": ("info {files}/good.pvd", "expected a .stsr model, found an XML file"),
    "unknown variable": (UP + "--variable T", "the model has no variable 'T'; it has tornado"),
    "scale 0": (UP + "--scale 0", "--scale must be finite and > 0, got 0"),
    "scale -1": (UP + "--scale -1", "--scale must be finite and > 0, got -1"),
    "scale NaN": (UP + "--scale nan", "--scale must be finite and > 0, got nan"),
    "two scales": (UP + "--scale 2 2", "--scale takes one number or three (X Y Z), got 2"),
    "time scale 0": (UP + "--time-scale 0", "--time-scale must be a finite number > 0, got 0"),
    "time scale NaN": (UP + "--time-scale nan", "--time-scale must be a finite number > 0, got nan"),
    "spacing 0": (UP + "--spacing 0", "--spacing must be finite and > 0, got 0"),
    "dimensions 0": (UP + "--dimensions 4 0 4", "dimensions must be three numbers >= 1"),
    "falling times": (UP + "--times 2 1", "--times must be finite and strictly increasing, got 2 1"),
    "times in words": (UP + "--times noon", "got 'noon'"),
    "scale and dimensions": (UP + "--scale 2 --dimensions 4 4 4", "not allowed with"),
    "like nothing": (UP + "--like {files}/nowhere.vti", "nowhere.vti"),
    "too large for the memory": (UP + "--dimensions 100000 100000 1000", "nodes needs 36.4 TiB of memory"),
    "too large for the disk": (UP + "--scale 20 --time-scale 1e6", "the output needs 7.5 TiB, but only"),
    "unknown output": ("upscale {files}/good.stsr -o {new}.xyz", ".xyz"),
    "existing output": ("upscale {files}/good.stsr -o {files}/good.pvd", "exists"),
    "import of nothing": ("import-official {files}/a.pth {files}/b.pth -o {new}.stsr", "a.pth"),
    "import of a foreign file": (
        "import-official {files}/foreign.stsr {files}/foreign.stsr -o {new}.stsr",
        "foreign.stsr",
    ),
    "demo of nothing": ("demo --nodes 1 -o {new}", "at least 4 nodes"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_sentence_exit_code_2_and_nothing_changed(case: str, files: Path, tmp_path: Path, capsys) -> None:
    command, words = BAD[case]
    before = snapshot(files)
    code = run(command.format(files=files, new=tmp_path / "new").split())
    text = capsys.readouterr()
    assert code == 2
    message = [line for line in text.err.splitlines() if line.startswith("stsr")]
    assert len(message) == 1, text.err
    assert words in message[0]
    assert "Traceback" not in text.err
    assert snapshot(files) == before
    assert snapshot(tmp_path) == {}


def run(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as end:  # argparse ends the program by itself
        assert isinstance(end.code, int)
        return end.code


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else b"" for p in folder.rglob("*")}


def test_no_command_prints_the_help(capsys) -> None:
    assert main([]) == 2
    assert "import-official" in capsys.readouterr().err


def test_an_interrupted_upscale_leaves_nothing(files: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    _interrupt_after(2, monkeypatch)
    out = tmp_path / "out.pvd"
    assert main(["upscale", str(files / "good.stsr"), "--time-scale", "4", "-o", str(out)]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert snapshot(tmp_path) == {}


def test_an_interrupted_replacement_leaves_the_old_output(files: Path, tmp_path: Path, monkeypatch) -> None:
    upscale = ["upscale", str(files / "good.stsr"), "-o", str(tmp_path / "out.pvd")]
    assert main(upscale) == 0
    before = snapshot(tmp_path)
    _interrupt_after(2, monkeypatch)
    assert main([*upscale, "--overwrite", "--scale", "2"]) == 130
    assert snapshot(tmp_path) == before


def _interrupt_after(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from stsr_core.inference import upscaling

    real: Callable = upscaling.evaluate_mix
    done: list[int] = []

    def evaluate(*arguments, **options):
        done.append(1)
        if len(done) > calls:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(upscaling, "evaluate_mix", evaluate)


def test_a_model_of_members_on_different_grids_asks_which(tmp_path: Path, capsys) -> None:
    for name, nodes in (("a", 5), ("b", 6)):
        series = VolumeSeries.from_arrays(
            {name: np.ones((2, nodes, nodes, nodes), np.float32)}, Grid((nodes,) * 3)
        )
        _write(tmp_path / f"{name}.pvd", series)
    model = str(tmp_path / "m.stsr")
    fit = ["fit", str(tmp_path / "a.pvd"), str(tmp_path / "b.pvd"), "--field", "cubic", "-o", model]
    assert main(fit) == 0
    assert main(["upscale", model, "-o", str(tmp_path / "out.pvd")]) == 2
    assert "different grids: choose one with --variable" in capsys.readouterr().err
    assert main(["upscale", model, "--variable", "b", "-o", str(tmp_path / "out.pvd")]) == 0
