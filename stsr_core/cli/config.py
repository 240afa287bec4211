"""``--config run.toml``: options of a command from a file; and those of a run, as its model stores them."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stsr_core.cli.every_command import OWN, arguments_of, commands_of


def with_config(words: Sequence[str], build: Callable[[], argparse.ArgumentParser]) -> list[str]:
    """The command line, completed by what the file of its ``--config`` says.

    What the command line itself says of an option goes before the file; several values of one option are not
    mixed from both.

    Parameters
    ----------
    words : sequence of str
        Without the program's name.
    build : callable
        Makes the parser of the program, which is changed.

    Raises
    ------
    ValueError
        If the file is no TOML, has no table of the command, or an entry that is none of its options.
    OSError
        If it cannot be read.
    """
    words = list(words)
    may_name_one = any(word.startswith("--c") for word in words)  # options may be abbreviated
    if not may_name_one or {"-h", "--help"} & {*words}:
        return words
    parser = build()
    for command in commands_of(parser).values():
        _make_lenient(command)
    given = vars(parser.parse_known_args(words)[0])
    if "config" not in given:
        return words
    command = commands_of(parser)[given["command"]]
    before, after = _from_file(Path(given["config"]), given["command"], command, given)
    place = 0
    for word in given["command"].split():
        place = words.index(word, place) + 1
    return [*words[:place], *before, *words[place:], *after]


def recorded(
    words: Sequence[str], options: argparse.Namespace, command: argparse.ArgumentParser
) -> dict[str, Any]:
    """A command by its name, as it was typed, and with all settings that say something: what a model stores.

    Parameters
    ----------
    words : sequence of str
        As they were typed, without the program's name.
    options : Namespace
        What became of them, defaults and files included.
    command : ArgumentParser
        Of the command.
    """
    # An option of several names is stored under its first one.
    names = {action.dest: name for name, action in reversed([*arguments_of(command)])}
    values = {name: getattr(options, dest) for dest, name in reversed(names.items())}
    said = {name: value for name, value in values.items() if value or type(value) in (int, float)}
    return {"name": options.command, "command": shlex.join(["stsr", *words]), "options": said}


def _make_lenient(command: argparse.ArgumentParser) -> None:
    """So that what was parsed is what was typed: no defaults, and nothing is required."""
    for action in command._actions:
        action.default, action.required = argparse.SUPPRESS, False
        if not action.option_strings:
            action.nargs = "?" if action.nargs is None else "*"


def _from_file(
    path: Path, name: str, command: argparse.ArgumentParser, given: dict[str, Any]
) -> tuple[list[str], list[str]]:
    """Words of the file for the command ``name``: those that come before the options, and the options."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        content = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected TOML: {error}") from None
    table: Any = content
    for part in name.split():
        table = table.get(part) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        found = ", ".join(f"[{key}]" for key in content) or "nothing"
        wanted = name.replace(" ", ".")
        raise ValueError(f"{path}: needs a table [{wanted}] for `stsr {name}`, found {found}")
    actions = dict(arguments_of(command))
    before: list[str] = []
    after: list[str] = []
    for key, value in table.items():
        action = actions.get(key.replace("_", "-"), actions.get(key))
        if action is None:
            raise ValueError(f"{path}: {_unknown(key, name, list(actions))}")
        if action.dest not in given:
            (after if action.option_strings else before).extend(_words(path, key, action, value))
    return before, after


def _unknown(key: str, name: str, known: list[str]) -> str:
    if key.replace("_", "-") in OWN:
        return f"{key} belongs on the command line, not in the table [{name}]"
    near = get_close_matches(key, known, n=1)
    return f"`stsr {name}` has no option {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def _words(path: Path, key: str, action: argparse.Action, value: Any) -> list[str]:
    """An entry of the file as it would be typed."""
    values = value if isinstance(value, list) else [value]
    if action.nargs == 0 and isinstance(value, bool):
        return [action.option_strings[-1]] if value else []
    if action.nargs == 0 or not all(type(v) in (str, int, float) for v in values):
        wanted = "true or false" if action.nargs == 0 else "a number, a text or a list of them"
        raise ValueError(f"{path}: {key} must be {wanted}, got {value!r}")
    texts = [str(v) for v in values]
    if not action.option_strings:
        return texts
    flag = action.option_strings[-1]
    if isinstance(action, argparse._AppendAction):
        return [f"{flag}={text}" for text in texts]
    if action.nargs in (None, "?"):
        return [f"{flag}={','.join(texts)}"]
    return [flag, *texts]
