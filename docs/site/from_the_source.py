"""What the site takes from the source at each build, so that it stays true.

``{filter} NeuralUpscale`` is the panel of a filter with every property, from the plugin's XML;
``{command} fit`` the options of a command, from its parser; ``{kinds}`` the table of fields; ``{versions}``
what is needed, from what pip was told, beside what the site was made with. And pages that are links to files
of the repository have links that hold where those lie: they are turned into links of the site.
"""

from __future__ import annotations

import argparse
import os
import re
from functools import cache
from importlib.metadata import metadata, requires, version
from pathlib import Path
from platform import python_version
from typing import Any
from xml.etree.ElementTree import Element

from docutils import nodes
from docutils.parsers.rst import Directive
from packaging.requirements import Requirement
from panel import PROXIES, groups_of, property_of, shown

from stsr_core.cli import build_parser
from stsr_core.cli.every_command import commands_of
from stsr_core.fields.kinds import KINDS, WORDS

SITE = Path(__file__).resolve().parent
ROOT = SITE.parents[1]
#: Pages of the site that are links to files elsewhere in the repository.
_LINKED = {
    path
    for folder, _, names in os.walk(SITE, followlinks=True)
    for name in names
    if (path := Path(folder) / name).suffix == ".md" and path.resolve() != path
}
#: Where those files are → where they stand on the site.
_ELSEWHERE = {path.resolve(): path.relative_to(SITE) for path in sorted(_LINKED)}
_ELSEWHERE[ROOT / "README.md"] = Path("index.md")
_LINK = re.compile(r"(?<!!)\[([^\]\n]*(?:\n[^\]\n]*)?)\]\(([^)#\s:]+)(?:#[^)\s]*)?\)")


class Filter(Directive):
    """A filter's own words, and a table for each group of its panel."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        proxy = PROXIES[name]
        found: list[nodes.Node] = [_paragraph(_text(proxy))]
        for label, names in groups_of(name).items():
            properties = [e for e in (property_of(name, n) for n in names) if shown(e)]
            if properties:
                rows = [[_name_of(e), _values_of(e), _text(e)] for e in properties]
                heads = ("Property, in Python", "Values, default", "What it does")
                found += [_rubric(label), _table(heads, rows)]
        return found


class Command(Directive):
    """What a command says of itself, as ``--help`` does, its options in tables."""

    required_arguments = 1
    final_argument_whitespace = True  # "images render"

    def run(self) -> list[nodes.Node]:
        parser = commands_of(_parser())[self.arguments[0]]
        found: list[nodes.Node] = [_literal(parser.format_usage().removeprefix("usage: "))]
        found += [_paragraph(text) for text in (parser.description or "").strip().split("\n\n")]
        for group in parser._action_groups:
            rows = [row for action in group._group_actions if (row := _row(parser, action))]
            if rows:
                found += [_rubric(group.title or ""), _table(("Option", "What it does"), rows)]
        return [*found, _literal(parser.epilog)] if parser.epilog else found


class Kinds(Directive):
    """The kinds of fields, one row each."""

    def run(self) -> list[nodes.Node]:
        rows = [
            [_code(name), f"{kind}, {settings or 'as it is'}", ""] for name, (kind, settings) in WORDS.items()
        ]
        for name, kind in KINDS.items():
            length = "nothing is trained"
            if kind.recipe is not None:
                limits = ((kind.recipe.minutes, "minutes"), (kind.recipe.epochs, "passes"))
                length = " or ".join(f"{value:g} {unit}" for value, unit in limits if value is not None)
            able = [text for has, text in _ABLE.items() if getattr(kind, has)]
            rows.append([_code(name), length, ", ".join(able) or "–"])
        return [_table(("--field", "learns by default", "knows"), rows)]


class Versions(Directive):
    """Python and the packages of every extra: what is needed, and what was there when this was built."""

    def run(self) -> list[nodes.Node]:
        rows = [[_code("Python"), "", metadata("stsr")["Requires-Python"], python_version()]]
        for text in requires("stsr") or ():
            wanted = Requirement(text)
            extra = re.search(r"extra == .(\w+)", text)
            if wanted.name != "stsr" and (extra is None or extra[1] not in ("docs", "dev")):
                rows.append(
                    [
                        _code(wanted.name),
                        f"[{extra[1]}]" if extra else "",
                        str(wanted.specifier),
                        version(wanted.name),
                    ]
                )
        return [_table(("Package", "Extra", "Needed", "This site was made with"), rows)]


#: Attributes of a kind, in words.
_ABLE = {"latent_vectors": "latent vectors", "has_gaps": "missing values", "may_close": "periodic axes"}


@cache
def _parser() -> argparse.ArgumentParser:
    return build_parser()


def _name_of(element: Element) -> nodes.Node:
    """Label and name in Python, and whether the panel shows it only in its advanced mode."""
    name = element.get("name", "")
    line = nodes.paragraph()
    line += [nodes.strong(text=element.get("label", name)), nodes.Text(" "), nodes.literal(text=name)]
    if element.get("panel_visibility") == "advanced":
        line += [nodes.Text(" "), nodes.emphasis(text="advanced")]
    return line


def _values_of(element: Element) -> str:
    """What it can be, and what it is at first."""
    default = element.get("default_values", "")
    if element.get("information_only") == "1":
        return "says something"
    if element.tag == "Property":
        return "a button"
    entries = {e.get("value"): e.get("text") for e in element.iter("Entry")}
    strings = [e.get("value", "") for e in element.iter("String")]
    if entries:
        return f"{', '.join(filter(None, entries.values()))}; default {entries[default]}"
    if strings:
        return f"{', '.join(strings)}; default {default}"
    if element.find("BooleanDomain") is not None:
        return f"on or off; default {'on' if default == '1' else 'off'}"
    if element.find("ArraySelectionDomain") is not None or element.find("ArrayListDomain") is not None:
        return f"a choice of arrays{default and f'; default {default}'}"
    if element.find("FileListDomain") is not None:
        return "a file"
    kind = {"Int": "whole number", "Double": "number"}.get(element.tag.removesuffix("VectorProperty"), "text")
    count = int(element.get("number_of_elements", "1"))
    several = f"{count} {kind}s" if count > 1 else kind
    domain = next(iter([*element.iter("IntRangeDomain"), *element.iter("DoubleRangeDomain")]), None)
    least = "" if domain is None or domain.get("min") is None else f" ≥ {domain.get('min', '').split()[0]}"
    return f"{several}{least}; default {default or 'empty'}"


def _text(element: Element) -> str:
    return " ".join((element.findtext("Documentation") or "").split())


def _row(parser: argparse.ArgumentParser, action: argparse.Action) -> list[Any] | None:
    """Option and help; none for what every command has alike."""
    if action.dest == "help" or action.help == argparse.SUPPRESS:
        return None
    formatter = parser._get_formatter()
    words = " ".join(formatter._expand_help(action).split())
    return [_code(formatter._format_action_invocation(action)), words]


def _code(text: str) -> nodes.Node:
    return nodes.paragraph("", "", nodes.literal(text=text))


def _paragraph(text: str) -> nodes.Node:
    return nodes.paragraph(text=text)


def _rubric(text: str) -> nodes.Node:
    return nodes.rubric(text=text[:1].upper() + text[1:])


def _literal(text: str) -> nodes.Node:
    return nodes.literal_block(text=text.strip("\n"), language="none")


def _table(head: tuple[str, ...], rows: list[list[Any]]) -> nodes.Node:
    """A table of texts and nodes."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += [nodes.thead("", _line(head)), nodes.tbody("", *map(_line, rows))]
    return nodes.table("", group, classes=["stsr-table"])


def _line(cells: Any) -> nodes.Node:
    return nodes.row("", *(nodes.entry("", _paragraph(c) if isinstance(c, str) else c) for c in cells))


def page_of(page: Path, link: str) -> Path | None:
    """The page of the site that a link leads to, relative to the site; None if it leads elsewhere.

    Parameters
    ----------
    page : Path
        Where the link stands, in the site.
    link : str
        A path relative to the page, or to the file that the page is a link to.
    """
    for start in (page.parent, page.resolve().parent):
        target = Path(os.path.normpath(start / link))
        if target in _ELSEWHERE:
            return _ELSEWHERE[target]
        if target.is_relative_to(SITE) and target.is_file() and target.suffix == ".md":
            return target.relative_to(SITE)
    return None


def _links(app: Any, name: str, text: list[str]) -> None:
    """Links to pages become links by name: MyST follows links of the file system, out of the site."""
    page = Path(app.srcdir) / f"{name}.md"
    if not page.is_file():
        return

    def by_name(match: re.Match[str]) -> str:
        found = page_of(page, match[2])
        if found is None or not ({page, SITE / found} & _LINKED):
            return match[0]
        title = match[1].replace("`", "")
        return f"{{doc}}`{title} </{found.with_suffix('').as_posix()}>`"

    text[0] = _LINK.sub(by_name, text[0])


def _bars(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """The bars of |x| are no substitutions of reStructuredText."""
    lines[:] = [re.sub(r"(``.+?``)|\|", lambda match: match[1] or r"\|", line) for line in lines]


def setup(app: Any) -> dict[str, Any]:
    """What Sphinx calls."""
    app.add_directive("filter", Filter)
    app.add_directive("command", Command)
    app.add_directive("kinds", Kinds)
    app.add_directive("versions", Versions)
    app.connect("source-read", _links)
    app.setup_extension("sphinx.ext.autodoc")  # whose event it is
    app.connect("autodoc-process-docstring", _bars)
    return {"version": "1", "parallel_read_safe": True}
