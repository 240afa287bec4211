"""The rooms of the core stand in one order: none reaches back to a room that is built on it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

CORE = Path(__file__).resolve().parents[2] / "stsr_core"


def room_of(module: str) -> str:
    """``stsr_core.io.paths`` → ``io``; a file beside the folders is a room of its own."""
    return module.split(".")[1]


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(module, line) of what a file imports from the core, inside functions too, but not for types alone."""
    if isinstance(tree, ast.If) and "TYPE_CHECKING" in ast.unparse(tree.test):
        return
    if isinstance(tree, ast.ImportFrom) and tree.module:
        if tree.module.startswith("stsr_core."):
            yield tree.module, tree.lineno
        elif tree.module == "stsr_core":
            yield from ((f"stsr_core.{a.name}", tree.lineno) for a in tree.names if a.name != "__version__")
    for child in ast.iter_child_nodes(tree):
        yield from imports(child)


def edges() -> dict[str, dict[str, list[str]]]:
    """Room → room it imports → where."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(CORE.rglob("*.py")):
        module = ".".join(path.relative_to(CORE.parent).with_suffix("").parts)
        own = room_of(module)
        for other, line in imports(ast.parse(path.read_text())):
            if own != "__init__" and room_of(other) != own:
                found[own][room_of(other)].append(f"{path.relative_to(CORE.parent)}:{line}")
    return found


def test_the_rooms_of_the_core_stand_in_one_order() -> None:
    graph = edges()
    assert {"io", "fields", "training", "cli"} <= set(graph)
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = error.args[1]
        steps = [f"{b} imports {a}: {graph[b][a]}" for a, b in pairwise(circle)]
        pytest.fail("\n".join(steps))
    assert order.index("words") < order.index("memory") < order.index("cli")
    assert order.index("words") < order.index("io") < order.index("cli")
