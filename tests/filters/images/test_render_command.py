"""``stsr images render`` as it is typed: results, resuming after Ctrl-C, and one sentence for bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from models import write_blobs

from stsr_core.cli import main
from stsr_core.imagecodec.cinema import ImageDatabase


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_blobs(tmp_path_factory.mktemp("series") / "blob.pvd", n_steps=3)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_series_becomes_a_database_named_like_it(series, here, capsys):
    words = ["images", "render", series, "--views", "1x2", "--size", "24", "--times", "10", "12"]
    assert main([*words, "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert (out["command"], out["output"], out["images"], out["finished"]) == (
        "images render",
        "blob.cdb",
        4,
        True,
    )
    assert (out["times"], out["views"], out["variables"], out["size"]) == (2, 2, ["a"], [24, 24])
    made_by = ImageDatabase.open("blob.cdb").description["made_by"]
    assert made_by["name"] == "images render" and made_by["options"]["views"] == "1x2"
    assert main(words) == 2
    assert "blob.cdb exists; choose another database" in (error := capsys.readouterr().err)
    assert error.endswith("(-o, --overwrite, --resume)\n")
    assert main([*words, "11", "--resume"]) == 2, "times must increase"
    assert "--times must be finite and strictly increasing" in capsys.readouterr().err
    assert main([*words[:-3], "--resume"]) == 0
    assert "6 images of 24x24, 3 times, 2 views" in capsys.readouterr().out


def test_a_model_with_a_configuration_file(model, here, capsys):
    Path("run.toml").write_text(
        '[images.render]\nviews = "1x1"\nsize = [20, 16]\ntimes = [0.3, 1.7]\nvariable = ["p"]\n'
    )
    assert main(["images", "render", model, "--config", "run.toml", "-o", "m.cdb", "--device", "cpu"]) == 0
    made = ImageDatabase.open("m.cdb")
    assert made.times == (0.3, 1.7) and made.variables == ("p",) and made.size == (16, 20)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--scale", "2"], "--scale is that of a model (.stsr); a series is rendered as it is"),
        (["--time-scale", "2"], "--time-scale is that of a model (.stsr)"),
        (["--size", "1", "2", "3"], "--size takes one number or two (width, height), got 3"),
        (["--size", "0"], "size must be (width, height) in whole pixels from 1 to 16384, got (0, 0)"),
        (
            ["--views", "many"],
            "views must be a number like 92, or circles x views on each like 6x12, got 'many'",
        ),
        (["-o", "out.png"], "out.png: a Cinema database must end in .cdb"),
        (["-o", "nowhere/out.cdb"], "nowhere/out.cdb: the folder nowhere does not exist"),
        (["--colors", "mud"], "colors must be a colour map of matplotlib"),
        (["--isovalue", "2"], "isovalue is that of the style isosurface"),
    ],
)
def test_bad_input_gets_one_sentence_and_nothing_is_written(series, here, capsys, words, sentence):
    assert main(["images", "render", series, *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("stsr images render: ") and sentence in error and error.count("\n") == 1
    assert not [*here.iterdir()]


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_what_is_interrupted_leaves_a_database_that_resumes(series, here, by):
    code = "import sys; from stsr_core.cli import main; sys.exit(main(sys.argv[1:]))"
    words = ["images", "render", series, "--size", "160", "--views", "162"]
    process = subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE, text=True)
    pictures = Path("blob.cdb")
    while process.poll() is None and len([*pictures.rglob("*.png")]) < 3:
        time.sleep(0.05)
    process.send_signal(by)
    _, said = process.communicate(timeout=60)
    if by == signal.SIGINT:
        assert process.returncode == 130
        assert "can be opened, and the same command with --resume goes on from here" in said
    stopped = ImageDatabase.open(pictures)  # whose every image is there
    assert 1 <= len(stopped.records) < 486
    (pictures / ".half.png.123.tmp").touch()  # as a run leaves it that is killed while it writes
    assert main(["images", "render", series, "--resume", "--views", "1x1", "--times", "10"]) == 0
    assert len(ImageDatabase.open(pictures).records) == len(stopped.records) + 1
    assert not [*pictures.rglob(".*")]
