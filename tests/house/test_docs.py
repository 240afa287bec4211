"""The site's pages: links lead somewhere, shell commands are the program's own, and nothing is left out."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest
from pages import PAGES, ROOT, SITE, blocks, name_of

from stsr_core.cli import build_parser
from stsr_core.cli.every_command import commands_of


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    # What only a build makes.
    assert not [t for t in missing if not t.startswith(("../gallery", "gallery", "generated"))]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_have_the_options_that_are_named(page: Path) -> None:
    known = commands_of(build_parser())
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            named = [name for name in known if words[1 : 1 + len(name.split())] == name.split()]
            if not words or not words[0].endswith("stsr") or not named:
                continue
            options = known[named[0]]._option_string_actions
            unknown = [w for w in words[2:] if w.startswith("--") and w.partition("=")[0] not in options]
            assert not unknown, line


def test_every_page_is_in_a_table_of_contents() -> None:
    listed = {SITE / "index.md"}
    for page in PAGES:
        for entries in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            names = [line for line in entries.splitlines() if line and not line.startswith(":")]
            listed |= {(page.parent / f"{name}.md").resolve() for name in names}
    assert [page for page in PAGES if page.is_relative_to(SITE) and page not in listed] == []


def test_the_reference_has_every_command_and_every_public_name() -> None:
    commands = re.findall(r"```\{command\} (.+)", (SITE / "reference/command_line.md").read_text())
    assert sorted(commands) == sorted(commands_of(build_parser()))
    text = (SITE / "reference/python.md").read_text(encoding="utf-8")
    assert public_names() - set(re.findall(r"^   (\w+)$", text, re.MULTILINE)) == set()


def test_the_sentences_of_the_troubleshooting_page_are_those_that_are_said() -> None:
    """In quotation marks, and as the doctor's lines; "…" and numbers stand for anything."""
    text = (SITE / "troubleshooting.md").read_text(encoding="utf-8")
    sources = "".join(
        re.sub(r"\"\n\s+f?\"|\{[^{}]*\}", "…", path.read_text(encoding="utf-8")).replace("……", "…")
        for folder in ("stsr_core", "filters", "plugin")
        for path in sorted((ROOT / folder).rglob("*.py"))
    )
    lines = re.findall(r"^\| `(?:\w+: )?(.+?)` \|", text, re.MULTILINE)
    said = re.findall(r'"([^"\n]*)"', "\n".join(re.findall(r"^\*\*(.*?)\*\*", text, re.MULTILINE)))
    assert len(lines) > 9 and len(said) > 5
    numbers = re.compile(r"\b\d+(?:\.\d+)?\b")
    parts = [part.strip(" :") for each in lines + said for part in numbers.sub("…", each).split("…")]
    assert [part for part in parts if part and part not in sources] == []


def public_names() -> set[str]:
    """What the packages that a reader imports from export."""
    packages = ("core", "core.datasets", "core.metrics", "filters", "filters.notebook", "plugin")
    modules = [importlib.import_module(f"stsr_{name}") for name in packages]
    return {name for module in modules for name in module.__all__} - {"__version__"}
