"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"stsr_core": "stsr_core", "stsr_filters": "filters", "stsr_plugin": "plugin"}


def modules_with_examples() -> list[str]:
    return [
        ".".join([package, *(part for part in parts if part != "__init__")])
        for package, folder in FOLDERS.items()
        for path in sorted((ROOT / folder).rglob("*.py"))
        if ">>>" in path.read_text()
        for parts in [path.relative_to(ROOT / folder).with_suffix("").parts]
    ]


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_of(name: str) -> None:
    if not name.startswith("stsr_core"):
        pytest.importorskip("vtkmodules")
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
