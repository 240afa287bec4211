"""Every script in examples/ is run by the test of its name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_file())


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
