"""A comparison as a file: CSV for one table, JSON for all of it."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_SUFFIXES = (".csv", ".json")


def check_table_file(path: str) -> None:
    """Refuse a name that could not be written at the end.

    Raises
    ------
    ValueError
        The name does not end in .csv or .json.
    OSError
        Its folder does not exist.
    """
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise ValueError(f"Table File must end in .csv or .json, got {path!r}")
    if not Path(path).absolute().parent.is_dir():
        raise FileNotFoundError(f"{path}: the folder {Path(path).absolute().parent} does not exist")


def write_comparison(path: str, parts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write ``parts`` as JSON or ``rows`` as CSV, by the suffix, in place of a file that is there.

    JSON is strict: null stands for what is not a finite number. CSV leaves NaN and None empty and writes inf.
    The file is whole at any time: it is written beside its place and then put there.
    """
    check_table_file(path)
    place = Path(path)
    beside = place.with_name(f".{place.name}.{os.getpid()}.new")
    try:
        with open(beside, "w", encoding="utf-8", newline="") as stream:
            if place.suffix.lower() == ".json":
                json.dump(_strict(parts), stream, indent=1, allow_nan=False, ensure_ascii=False)
                stream.write("\n")
            else:
                writer = csv.DictWriter(stream, list(rows[0]) if rows else [], lineterminator="\n")
                writer.writeheader()
                writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)


def _strict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _cell(value: Any) -> Any:
    """None and NaN are empty; truth values are 1 and 0 as in the table."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return int(value) if isinstance(value, bool) else value
