"""The site's pages: links lead somewhere, and shell commands are the program's own."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from stsr_core.cli import build_parser

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
    parser = build_parser()
    known = parser._subparsers._group_actions[0].choices  # type: ignore[union-attr, index]
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if len(words) < 2 or not words[0].endswith("stsr") or words[1] not in known:
                continue
            options = known[words[1]]._option_string_actions
            unknown = [w for w in words[2:] if w.startswith("--") and w.partition("=")[0] not in options]
            assert not unknown, line
