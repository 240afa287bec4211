"""The pages of the documentation, README among them, and what stands in their blocks of code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "docs/site"
#: Pages that are written here, and not links to files of the repository.
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted(SITE.rglob("*.md")) if page.resolve().is_relative_to(SITE)),
]
#: What tells Python that needs ParaView's.
_PARAVIEW = re.compile(r"\bstsr_plugin\b|\bparaview import\b")
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def name_of(page: Path) -> str:
    """Of a page, for the names of tests."""
    return page.relative_to(SITE if page.is_relative_to(SITE) else ROOT).with_suffix("").as_posix()


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of one language, in their order and without their indentation."""
    found = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [re.sub(f"^{indent}", "", text, flags=re.M) for indent, name, text in found if name == language]


def python_of(page: Path) -> str:
    """What a reader types into Python, one block after the other."""
    return "\n".join(text for text in blocks(page, "python") if not _PARAVIEW.search(text))


def paraview_of(page: Path) -> str:
    """What a reader runs in ParaView's Python."""
    return "\n".join(text for text in blocks(page, "python") if _PARAVIEW.search(text))


def quick(code: str) -> str:
    """The same with one pass of learning in place of minutes."""
    return re.sub(r"\bminutes=[\d.]+", "epochs=1", code)
