"""Write a Cinema database image by image: what its index lists is on the disk, whenever it stops."""

from __future__ import annotations

import csv
import json
import os
import shutil
import time as clock
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from stsr_core.imagecodec.cinema import COLUMNS, DESCRIPTION, INDEX, SUFFIX, ImageDatabase
from stsr_core.imagecodec.images import Record
from stsr_core.io.paths import replacing
from stsr_core.model.claim import claimed

#: Between two updates of the index, which is written as a whole: so much work is lost at a power failure.
_SECONDS_BETWEEN = 2.0


def write(
    path: str | os.PathLike[str],
    images: Iterable[tuple[Record, np.ndarray]],
    *,
    description: Mapping[str, Any] | None = None,
    on_written: Callable[[int], None] | None = None,
) -> ImageDatabase:
    """Create a database, or extend one, with images as they come.

    An image is written beside its place and renamed before the index names it, and the index is replaced as a
    whole every two seconds, at the end, and after any exception, an interruption from the keyboard included:
    so the database can be opened at any moment. Of a new one nothing is left if no image came.

    Parameters
    ----------
    path : path
        Ends in ``.cdb``.
    images : iterable of (Record, ndarray)
        Pictures (H, W, 3) uint8 of one size. Where the database has the image of a record, it is replaced.
    description : mapping, optional
        For ``rendering.json``, plain JSON values; by default what stands there stays.
    on_written : callable, optional
        Called with the number of images written by this call, after each.

    Raises
    ------
    ValueError
        If the path ends otherwise, an image has another shape or type, or there was none.
    BlockingIOError
        If another run is writing this database.
    """
    folder = Path(path)
    if folder.suffix.lower() != SUFFIX:
        raise ValueError(f"{folder}: a Cinema database must end in {SUFFIX}")
    if not folder.parent.is_dir():
        raise FileNotFoundError(f"{folder}: the folder {folder.parent} does not exist")
    with claimed(folder):
        for left in folder.rglob(".*.tmp"):  # by a run that was killed: nobody else writes here now
            left.unlink()
        known = ImageDatabase.open(folder) if (folder / INDEX).exists() else None
        writer = _Writer(folder, known, description)
        try:
            for count, (record, image) in enumerate(images, start=1):
                writer.add(record, image)
                if on_written is not None:
                    on_written(count)
        finally:
            writer.end()
    if not writer.records:
        raise ValueError(f"{folder}: at least one image is needed, got none")
    return ImageDatabase.open(folder)


def file_of(record: Record) -> str:
    """Where an image is stored, relative to the database; no two records share a file.

    Examples
    --------
    >>> file_of(Record(12.5, -86.0716, 90, "u/v"))
    'variable_u%2Fv/time_12.5/theta_-86.0716_phi_90.0.png'
    """
    variable = quote(record.variable, safe=" ")
    return f"variable_{variable}/time_{record.time!r}/theta_{record.theta!r}_phi_{record.phi!r}.png"


class _Writer:
    """The images of a database so far, and when its index was last made true."""

    def __init__(
        self, folder: Path, known: ImageDatabase | None, description: Mapping[str, Any] | None
    ) -> None:
        self.folder, self.description = folder, description
        self.records = {record.key: record for record in known.records} if known else {}
        self.size = known.size if known else None
        self._made_folder = not folder.exists()
        self._listed = -np.inf  # the first image is listed at once: there is no database without an index
        self._described = description is None

    def add(self, record: Record, image: np.ndarray) -> None:
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"an image must be (H, W, 3) uint8, got {image.shape} {image.dtype}")
        self.size = self.size or image.shape[:2]
        if image.shape[:2] != self.size:
            (height, width), (h, w) = self.size, image.shape[:2]
            raise ValueError(f"{self.folder}: has images of {width}x{height} pixels, got one of {w}x{h}")
        old = self.records.get(record.key)
        file = old.file if old else file_of(record)
        place = self.folder / file
        place.parent.mkdir(parents=True, exist_ok=True)
        if not self._described:  # before the first image: what it was made with is never unknown
            _replace(self.folder / DESCRIPTION, json.dumps(self.description, indent=1, ensure_ascii=False))
            self._described = True
        with replacing() as beside:
            _save(image, beside(place))
        self.records[record.key] = Record(record.time, record.theta, record.phi, record.variable, file)
        if clock.monotonic() - self._listed > _SECONDS_BETWEEN:
            self._list()

    def end(self) -> None:
        """Make the index true, or take back the folder of a database without any image."""
        if self.records:
            self._list()
        elif self._made_folder and self.folder.exists():
            shutil.rmtree(self.folder)

    def _list(self) -> None:
        lines = [(r.time, r.theta, r.phi, r.variable, r.file) for r in self.records.values()]
        with (
            replacing() as beside,
            open(beside(self.folder / INDEX), "w", newline="", encoding="utf-8") as stream,
        ):
            csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *lines])
        self._listed = clock.monotonic()


def _save(image: np.ndarray, file: Path) -> None:
    from PIL import Image

    Image.fromarray(image).save(file, format="PNG")


def _replace(file: Path, text: str) -> None:
    with replacing() as beside:
        beside(file).write_text(text, encoding="utf-8")
