"""``stsr evaluate``: its words, what it refuses, and Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from evaluation_runs import WORDS, files

pytest.importorskip("vtkmodules")

from stsr_core import cli
from stsr_core.cli import build_parser, main, packages
from stsr_filters.evaluation.command import STUDY_NAMES
from stsr_filters.evaluation.options import read_overrides, read_series, read_settings, read_studies
from stsr_filters.evaluation.studies import STUDIES


def parsed(*words: str) -> argparse.Namespace:
    return build_parser().parse_args(["evaluate", *words, "-o", "report"])


def test_one_number_stands_for_all_variables() -> None:
    options = parsed("tornado:8x5", "--space", "4", "--time", "1")
    series = read_series(options)
    kept = read_settings(options, series).kept["tornado"]
    assert series["tornado"].grid.shape == (8, 8, 8) and len(series["tornado"].times) == 5
    assert (kept.spatial_factor, kept.temporal_gap) == (4, 1)
    assert read_settings(options, series).minutes == 3.0


def test_settings_reach_the_recipe_and_the_network() -> None:
    options = parsed("tornado:8x5", "--set", "stsr_inr.learning_rate=3e-4", "--set", "stsr_inr.profile=paper")
    options.methods, options.study = ["stsr_inr", "cubic"], ["embedding"]
    first, second = read_studies(options, read_series(options))
    assert first.cases[0].recipe == {"learning_rate": 3e-4}
    assert first.cases[0].configuration == {"profile": "paper"} and not first.cases[1].configuration
    assert second.cases[0].configuration == {"profile": "paper", "variational": False}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tornado:2x2"], "at least 4 nodes and 2 steps, got 2 and 2"),
        (["tornado", "tornado:8x4"], "at most one source can be a tornado, got 2"),
        (["tornado:8x4", "--space", "2,3"], "must be one number, or one for each of the 1 variables"),
        (["tornado:8x4", "--space", "0"], "spatial factor must be a whole number >= 1, got 0"),
        (["tornado:8x4", "--time", "-1"], "temporal gap must be a whole number >= 0, got -1"),
        (
            ["tornado:8x4", "--methods", "magic"],
            "field must be one of auto, anchored, dyninr, modulated_siren",
        ),
        (["tornado:8x4", "--set", "stsr_inr:heads=2"], "--set takes KIND.NAME=VALUE"),
        (["tornado:8x4", "--set", "magic.heads=2"], "field must be one of"),
        (["tornado:8x4", "--only-studies"], "--only-studies needs a --study"),
        (["tornado:8x4", "--study", "joint"], "joint needs two or more variables"),
        (["tornado:8x4", "--study", "depth", "--values", "3"], "depth has none of the --values 3"),
        (["tornado:8x4", "--isovalue", "7", "--epochs", "1"], "isovalue must lie in the range"),
        (["tornado:8x4", "--voxels", "nan"], "--voxels must be a finite number"),
        (["missing/*.vti"], "missing"),
    ],
)
def test_bad_words_are_one_sentence_and_leave_nothing(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *words, "-o", str(tmp_path / "report")]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("stsr evaluate: ") and message in error
    assert not files(tmp_path)


def test_a_value_that_no_network_knows_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "tornado:8x5", "--methods", "cubic", "--set", "cubic.colour=red", *WORDS]
    assert main([*words, "-o", str(tmp_path / "report")]) == 2
    assert "colour" in capsys.readouterr().err
    assert not files(tmp_path)


def test_the_help_names_every_study(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", "--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert all(name in text for name in STUDIES) and set(STUDY_NAMES) == set(STUDIES)
    assert read_overrides([]) == {}


def test_a_command_that_cannot_be_loaded_says_why_when_it_is_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = EntryPoint("elsewhere", "package_that_is_not_there.command:add", cli.COMMANDS)
    monkeypatch.setattr(packages, "entry_points", lambda group: (entry,) if group == cli.COMMANDS else ())
    assert main(["elsewhere"]) == 2
    assert "packages that are not installed" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(["info", "--help"])
    assert stopped.value.code == 0


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_leaves_no_report_and_resume_finishes_it(tmp_path: Path) -> None:
    output = tmp_path / "report"
    words = ["evaluate", "tornado:8x9", "--methods", "modulated_siren", "tricubic_linear", "--minutes", "0.2"]
    words += ["--device", "cpu", "--size", "64", "--steps-rendered", "3", "--voxels", "1", "-o", str(output)]
    code = "import sys; from stsr_core.cli import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE, text=True)
    try:
        unfinished = tmp_path / "report.unfinished"
        # The plan is written when the words are understood and the signal is listened to.
        deadline = 600
        while not (unfinished / "plan.json").exists() and process.poll() is None and deadline:
            deadline -= 1
            subprocess.run(["sleep", "0.1"], check=True)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130, error
    assert "stopped, no report was written" in error
    assert not output.exists()
    if unfinished.exists():
        assert main([*words, "--resume"]) == 0
        assert (output / "report.md").is_file() and files(tmp_path) == {"report"}
