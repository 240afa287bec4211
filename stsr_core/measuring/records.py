"""Numbers and texts as files that other programs read: strict JSON, and CSV."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_SUFFIXES = (".csv", ".json")


def check_table_path(path: str | Path, option: str) -> None:
    """Refuse a name that could not be written at the end.

    Parameters
    ----------
    option : str
        What the user calls it.

    Raises
    ------
    ValueError
        The name does not end in .csv or .json.
    OSError
        Its folder does not exist.
    """
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise ValueError(f"{option} must end in .csv or .json, got {str(path)!r}")
    if not Path(path).absolute().parent.is_dir():
        raise FileNotFoundError(f"{path}: the folder {Path(path).absolute().parent} does not exist")


def write_table(path: str | Path, parts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write ``parts`` as JSON or ``rows`` as CSV, by the suffix, in place of a file that is there.

    The file is whole at any time: it is written beside its place and then put there.
    """
    place = Path(path)
    beside = place.with_name(f".{place.name}.{os.getpid()}.new")
    try:
        (write_json(beside, parts) if place.suffix.lower() == ".json" else write_csv(beside, rows))
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)


def write_json(path: Path, parts: Mapping[str, Any]) -> None:
    """Strict JSON: null stands for what is not a finite number."""
    text = json.dumps(strict(parts), indent=1, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """One line per row, under the columns of all rows; a value that a row has not is empty.

    None and NaN are empty, truth values are 1 and 0, and what is infinite is inf.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)


def strict(value: Any) -> Any:
    """The same with None for every number that JSON does not know (NaN and infinities), tuples as lists.

    Examples
    --------
    >>> strict({"a": (1.0, float("inf"))})
    {'a': [1.0, None]}
    """
    if isinstance(value, Mapping):
        return {str(k): strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [strict(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return int(value) if isinstance(value, bool) else value
