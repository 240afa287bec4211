"""``stsr serve`` refuses what it cannot serve: exit code 2 and one sentence."""

from __future__ import annotations

import json

import pytest

from stsr_core.cli import main


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The sentence that a command line ends in."""
    assert main(["serve", *words]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return said.err.strip()


@pytest.mark.parametrize("port", ["65536", "-1"])
def test_a_port_that_cannot_be(capsys, model, port) -> None:
    assert refused(capsys, model, "--port", port) == (
        f"stsr serve: --port must lie from 0 to 65535, got {port}"
    )


def test_a_model_that_is_not_there(capsys, tmp_path) -> None:
    assert "none.stsr" in refused(capsys, str(tmp_path / "none.stsr"))


def test_a_file_that_is_no_model(capsys, truth_file) -> None:
    assert "full.pvd" in refused(capsys, truth_file)


def test_a_ground_truth_that_is_not_there(capsys, model, tmp_path) -> None:
    assert "none.pvd" in refused(capsys, model, "--gt", str(tmp_path / "none.pvd"))


def test_what_is_wrong_is_told_as_json_too(capsys, model) -> None:
    assert main(["serve", model, "--port", "65536", "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert said["exit_code"] == 2 and said["error"] == "--port must lie from 0 to 65535, got 65536"
