"""The site's pages: links lead somewhere, and shell commands are the program's own."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from stsr_core.cli import build_parser
from stsr_core.cli.every_command import commands_of

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "docs/site"
#: Pages that are written here, and not links to files of the repository.
PAGES = [page for page in sorted(SITE.rglob("*.md")) if page.resolve().is_relative_to(SITE)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(SITE)))
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    # What only a build makes.
    assert not [t for t in missing if not t.startswith(("../gallery", "gallery", "generated"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(SITE)))
def test_commands_have_the_options_that_are_named(page: Path) -> None:
    known = commands_of(build_parser())
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            names = [name for name in known if words[1:][: len(name.split())] == name.split()]
            if not names or not words[0].endswith("stsr"):
                continue
            options = known[names[0]]._option_string_actions
            unknown = [w for w in words[2:] if w.startswith("--") and w.partition("=")[0] not in options]
            assert not unknown, line
