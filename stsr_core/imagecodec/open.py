"""One call that opens any database of images, whatever it is stored as."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

from stsr_core.imagecodec.images import Images

#: Suffix → module and class, whose ``open(path)`` gives :class:`~stsr_core.imagecodec.images.Images`.
READERS = {
    ".cdb": ("stsr_core.imagecodec.cinema", "ImageDatabase"),
    ".fcnr": ("stsr_core.imagecodec.bitstream.encoded_images", "EncodedImages"),
}


def open_images(path: str | os.PathLike[str]) -> Images:
    """The images of a database.

    A folder, or the ``data.csv`` in one, is opened as a Cinema database, whatever its name.

    Raises
    ------
    FileNotFoundError
        If there is nothing.
    ValueError
        If it is of no known kind, or damaged.
    """
    path = Path(path)
    if path.name == "data.csv":
        path = path.parent
    suffix = ".cdb" if path.is_dir() else path.suffix.lower()
    if suffix not in READERS:
        raise ValueError(f"{path}: a database of images must end in {' or '.join(READERS)}")
    module, name = READERS[suffix]
    return getattr(import_module(module), name).open(path)
