"""Files that other programs read: CSV and strict JSON, whole at any time."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest

from stsr_core.measuring.records import check_table_path, write_csv, write_table


def test_a_csv_has_the_columns_of_all_rows_and_empty_cells_for_what_is_not_known(tmp_path: Path) -> None:
    rows = [{"a": 1.5, "b": True}, {"a": math.nan, "c": None}, {"a": math.inf, "c": "x,y"}]
    write_csv(tmp_path / "t.csv", rows)
    with open(tmp_path / "t.csv", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["a", "b", "c"],
            ["1.5", "1", ""],
            ["", "", ""],
            ["inf", "", "x,y"],
        ]


def test_a_table_replaces_the_old_one_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text("old")
    with pytest.raises(TypeError):
        write_table(path, {"a": object()}, [])
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    write_table(path, {"a": (math.nan, {"b": 2})}, [])
    assert json.loads(path.read_text()) == {"a": [None, {"b": 2}]}


def test_a_name_that_could_not_be_written_is_refused(tmp_path: Path) -> None:
    check_table_path(tmp_path / "a.CSV", "Table")
    with pytest.raises(ValueError, match=r"Table must end in \.csv or \.json, got 'a\.txt'"):
        check_table_path("a.txt", "Table")
    with pytest.raises(FileNotFoundError, match=r"the folder .*nowhere does not exist"):
        check_table_path(tmp_path / "nowhere" / "a.csv", "Table")
