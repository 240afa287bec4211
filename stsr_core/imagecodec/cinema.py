"""Cinema databases, specification D: a folder ``NAME.cdb`` with ``data.csv`` and PNG files.

The first line of ``data.csv`` names the columns, every other line is one image: its time, theta, phi,
variable and FILE, which comes last and is relative to the folder. What no column tells (camera, lights, size,
transfer functions) stands beside it in ``rendering.json``, which other viewers do not look at.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.imagecodec.images import Record, times_in, variables_in, views_in

SUFFIX = ".cdb"
INDEX, DESCRIPTION = "data.csv", "rendering.json"
COLUMNS = ("time", "theta", "phi", "variable", "FILE")
#: The variable of a database that names none.
UNNAMED = "image"


@dataclass(frozen=True)
class ImageDatabase:
    """The images that a Cinema database holds; each is read from the disk when it is asked for.

    Parameters
    ----------
    path : Path
        The folder.
    records : tuple of Record
        One for every line of ``data.csv``, in its order.
    description : mapping
        What ``rendering.json`` says, {} where there is none.

    Examples
    --------
    >>> database = ImageDatabase.open("tornado.cdb")           # doctest: +SKIP
    >>> database.read(database.records[0]).shape               # doctest: +SKIP
    (256, 256, 3)
    """

    path: Path
    records: tuple[Record, ...]
    description: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> ImageDatabase:
        """Read the index of a database.

        Raises
        ------
        FileNotFoundError
            If there is no database, or a file that it lists is missing; the first one is named.
        ValueError
            If ``data.csv`` is not as said above, lists an image twice, or none.
        """
        folder = Path(path)
        records = _read_index(folder)
        missing = [r.file for r in records if not os.path.isfile(folder / r.file)]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise FileNotFoundError(f"{folder / missing[0]}: is listed in {INDEX} and missing{more}")
        return cls(folder, records, read_description(folder))

    @cached_property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels, that of the first image; :meth:`read` refuses others."""
        from PIL import Image

        first = self.path / self.records[0].file
        try:
            with Image.open(first) as image:  # reads the header alone
                return image.height, image.width
        except OSError as error:
            raise ValueError(_unreadable(first, error)) from None

    @property
    def times(self) -> tuple[float, ...]:
        """Physical times, sorted."""
        return times_in(self.records)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names, in the order of the index."""
        return variables_in(self.records)

    @property
    def views(self) -> tuple[tuple[float, float], ...]:
        """(theta, phi) in degrees, sorted."""
        return views_in(self.records)

    def read(self, record: Record) -> np.ndarray:
        """One image as (H, W, 3) uint8 sRGB, the top row first; what is transparent lies on white.

        Raises
        ------
        ValueError
            If the file is no image, is cut off, or has another size than the others.
        """
        file = self.path / record.file
        pixels = read_image(file)
        if pixels.shape[:2] != self.size:
            height, width = self.size
            raise ValueError(
                f"{file}: expected {width}x{height} pixels, as {self.records[0].file} has, got "
                f"{pixels.shape[1]}x{pixels.shape[0]}"
            )
        return pixels


def read_image(file: Path) -> np.ndarray:
    """A picture file as (H, W, 3) uint8; ValueError in one sentence if it is none."""
    from PIL import Image

    try:
        with Image.open(file) as image:
            if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                on_white = Image.new("RGBA", image.size, "white")
                on_white.alpha_composite(image.convert("RGBA"))
                return np.array(on_white.convert("RGB"))
            return np.array(image.convert("RGB"))
    except (OSError, SyntaxError) as error:  # Pillow's words for a damaged PNG
        raise ValueError(_unreadable(file, error)) from None


def _unreadable(file: Path, error: BaseException) -> str:
    return f"{file}: cannot be read as an image: {error}"


def read_description(folder: Path) -> dict[str, Any]:
    """What ``rendering.json`` of a database says, {} without one; ValueError if it is no JSON object."""
    file = folder / DESCRIPTION
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(f"{file}: expected JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{file}: expected a JSON object, got {type(found).__name__}")
    return found


def _read_index(folder: Path) -> tuple[Record, ...]:
    index = folder / INDEX
    if not index.is_file():
        what = f"has no {INDEX}" if folder.is_dir() else "no such folder"
        raise FileNotFoundError(f"{folder}: {what}; a Cinema database (.cdb) was expected")
    try:
        with open(index, newline="", encoding="utf-8-sig") as stream:
            header, *lines = [row for row in csv.reader(stream) if row] or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{index}: expected comma-separated text: {error}") from None
    columns = {name.strip().lower(): i for i, name in enumerate(header)}
    absent = [name for name in COLUMNS if name.lower() not in columns and name != "variable"]
    if absent:
        raise ValueError(
            f"{index}: expected the columns {', '.join(COLUMNS)}, found {', '.join(header) or 'none'}"
        )
    records: dict[tuple[str, float, float, float], Record] = {}
    for number, line in enumerate(lines, start=2):
        try:
            record = _record(line, columns)
            if record.key in records:
                raise ValueError(f"the image of {records[record.key].file} once more")
        except IndexError:
            raise ValueError(f"{index}: line {number}: fewer entries than columns") from None
        except ValueError as error:
            raise ValueError(f"{index}: line {number}: {error}") from None
        records[record.key] = record
    if not records:
        raise ValueError(f"{index}: lists no image")
    return tuple(records.values())


def _record(line: list[str], columns: Mapping[str, int]) -> Record:
    numbers = {}
    for name in ("time", "theta", "phi"):
        text = line[columns[name]]
        try:
            numbers[name] = float(text)
        except ValueError:
            raise ValueError(f"{name} must be a number, got {text!r}") from None
    file = line[columns["file"]]
    # An index from elsewhere must not lead out of its folder.
    if not file or os.path.isabs(file) or ".." in Path(file).parts:
        raise ValueError(f"FILE must be a path inside the database, got {file!r}")
    variable = line[columns["variable"]] if "variable" in columns else UNNAMED
    return Record(**numbers, variable=variable, file=file)
