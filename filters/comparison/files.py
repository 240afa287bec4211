"""The file that a comparison writes: CSV for one table, JSON for all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stsr_core.measuring.records import check_table_path, write_table


def check_table_file(path: str) -> None:
    """Refuse a name that could not be written at the end; errors as :func:`check_table_path`."""
    check_table_path(path, "Table File")


def write_comparison(path: str, parts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write ``parts`` or ``rows`` as :func:`write_table`, if the name could still be written."""
    check_table_file(path)
    write_table(path, parts, rows)
