"""``stsr images`` fit → encode → decode → info, as a user types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from image_databases import database

from stsr_core.cli import main
from stsr_core.imagecodec.open import open_images

TINY = ["--set", "channels=12", "--set", "latents=4", "--device", "cpu"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database, and what the commands make of it, in one folder."""
    folder = tmp_path_factory.mktemp("images")
    database(folder / "balls.cdb")
    return folder


def test_fit_encode_decode_and_info(folder, capsys, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    assert main(["images", "fit", "balls.cdb", "--epochs", "2", *TINY]) == 0
    out = capsys.readouterr().out
    assert out.startswith("wrote balls-codec.stsr (") and "fcnr, 12 channels" in out
    assert out.endswith("next: stsr images encode balls.cdb --model balls-codec.stsr\n")
    assert main(["images", "encode", "balls.cdb", "--model", "balls-codec.stsr"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("wrote balls.fcnr (") and "24 images, " in out and "bits per pixel" in out
    assert main(["images", "info", "balls.fcnr"]) == 0
    out = capsys.readouterr().out
    for words in ("24 images of 64x64", "2: 10 to 11", "method fcnr, channels 12", "estimated", "inside"):
        assert words in out
    assert main(["images", "info", "balls-codec.stsr"]) == 0
    out = capsys.readouterr().out
    for words in ("2.0 passes, trade-off 0.01", "made by", "stsr images fit balls.cdb --epochs 2"):
        assert words in out
    assert main(["images", "info", "balls.cdb", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 24
    assert main(["images", "decode", "balls.fcnr", "--times", "11"]) == 0
    assert "wrote balls-decoded.cdb: 12 images" in capsys.readouterr().out
    assert main(["images", "decode", "balls.fcnr"]) == 2
    assert "balls-decoded.cdb exists" in capsys.readouterr().err
    assert main(["images", "decode", "balls.fcnr", "--resume"]) == 0
    assert "wrote balls-decoded.cdb: 12 images" in capsys.readouterr().out
    coded, decoded = open_images("balls.fcnr"), open_images("balls-decoded.cdb")
    assert len(decoded.records) == 24
    for record in decoded.records[::5]:
        np.testing.assert_array_equal(decoded.read(record), coded.read(record))


def test_bad_input_is_one_sentence(folder, capsys, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "broken.fcnr").write_bytes(b"\x93FCNR\r\n\x1a" + b"\0" * 50)
    (folder / "text.fcnr").write_text("hello, this is no database of images at all")
    for words, said in (
        (["info", "broken.fcnr"], "broken.fcnr: truncated: the index at its end is missing (58 bytes found)"),
        (["info", "text.fcnr"], "text.fcnr: expected a database of coded images (.fcnr), found another file"),
        (["decode", "none.fcnr"], "none.fcnr: cannot read the images: No such file or directory"),
        (
            ["encode", "balls.cdb", "--model", "balls.cdb", "-o", "other.fcnr"],
            "balls.cdb: cannot read the model: Is a directory",
        ),
        (["fit", "balls.cdb", "--trade-off", "0", "-o", "x.stsr"], "trade_off must be > 0, got 0"),
        (
            ["fit", "balls.cdb", "--set", "channels=13", "-o", "x.stsr"],
            "channels must be a multiple of 12 or",
        ),
        (["evaluate", "balls.cdb"], "name coded images (.fcnr), codecs (.stsr), or others by --with"),
    ):
        assert main(["images", *words]) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"stsr images {words[0]}: ") and said in error and error.count("\n") == 1


def test_unknown_times_are_named(folder, capsys, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    if not (folder / "balls.fcnr").exists():
        main(["images", "fit", "balls.cdb", "--epochs", "1", *TINY])
        main(["images", "encode", "balls.cdb", "--model", "balls-codec.stsr"])
    capsys.readouterr()
    assert main(["images", "decode", "balls.fcnr", "--times", "12", "-o", "x.cdb"]) == 2
    assert "balls.fcnr: has no time 12.0; it has 10.0, 11.0" in capsys.readouterr().err


def test_ctrl_c_leaves_a_codec_that_goes_on(folder) -> None:
    command = [sys.executable, "-c", "from stsr_core.cli import main; raise SystemExit(main())"]
    command += ["images", "fit", "balls.cdb", "--minutes", "5", "-o", "stopped.stsr", *TINY]
    with subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    ) as process:
        for _ in range(600):
            if (folder / "stopped.stsr").exists() or process.poll() is not None:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped; stopped.stsr is usable, and the same with --resume goes on from here" in error
    assert main(["images", "info", str(folder / "stopped.stsr"), "--json"]) == 0


def test_settings_come_from_a_file_too(folder, capsys, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "run.toml").write_text(
        '[images.fit]\ndatabase = "balls.cdb"\nepochs = 1\ntrade-off = 0.05\n'
        'set = ["channels=12", "latents=4"]\n'
    )
    assert main(["images", "fit", "--config", "run.toml", "-o", "from_file.stsr", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["run"]["recipe"]["trade_off"] == 0.05 and found["run"]["epochs"] == 1
