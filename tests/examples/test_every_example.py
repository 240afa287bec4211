"""Every script in examples/ is run by the test of its name, and as its header says on the demo's files."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_file())

#: Program or script → what makes it quick.
SMALL = {
    "stsr fit": "--epochs 1",
    "homogenize data": "--maps 2 --validation 0 --test 0 --no-patterns",
    "homogenize fit": "--iterations 2 --batch 2",
    "image_database.py": "--views 12 --times 1 --size 32",
    "latent_interpolation.py": "--size 110 --steps 2",
    "living_cell.py": "--nodes 12 --epochs 1 --size 110",
    "side_by_side_in_paraview.py": "--size 110",
    "upscale_animation.py": "--width 160",
}


def commands_of(example: str) -> list[str]:
    """What the header of an example says to type: its indented lines, those that go on joined."""
    text = ast.get_docstring(ast.parse((ROOT / "examples" / example).read_text())) or ""
    lines = text.replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.startswith("    ")]


def texts_in(test: Path) -> set[str]:
    """The texts that a test file hands on; what stands in a docstring or comment does not count."""
    tree = ast.parse(test.read_text())
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_run_by_the_test_of_its_name(example):
    test = Path(__file__).with_name(f"test_{Path(example).stem}.py")
    assert test.is_file(), f"examples/{example} needs a test that runs it: tests/examples/{test.name}"
    assert any(text.rpartition("/")[2] == example for text in texts_in(test)), (
        f"tests/examples/{test.name} does not start {example}"
    )
    assert "def test_" in test.read_text()


def test_every_test_here_has_its_example():
    tests = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert tests - {Path(__file__).stem.removeprefix("test_")} == {Path(name).stem for name in EXAMPLES}


@pytest.mark.requires_pvpython
@pytest.mark.requires_display
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_header_holds_word_for_word_on_the_files_of_the_demo(example, small_demo, tmp_path):
    (tmp_path / "demo-output").symlink_to(small_demo / "demo-output")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    commands = commands_of(example)
    assert commands
    # The programs of this environment, as after `source .venv/bin/activate`.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    variables = {"PATH": path, "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    order = sorted(commands, key=lambda command: not command.startswith("stsr fit"))
    for command in order:
        small = " ".join(options for name, options in SMALL.items() if name in command)
        done = subprocess.run(
            f"{command} {small}",
            shell=True,
            cwd=tmp_path,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=1200,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert "ERROR" not in done.stdout + done.stderr, command
    assert list(tmp_path.glob("*.png")), "something was drawn"
