"""One call that opens any database of images, whatever it is stored as."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

from stsr_core.imagecodec.cinema import INDEX, SUFFIX
from stsr_core.imagecodec.images import Images

#: Suffix → module and class, whose ``open(path)`` gives :class:`~stsr_core.imagecodec.images.Images`.
READERS = {
    SUFFIX: ("stsr_core.imagecodec.cinema", "ImageDatabase"),
    ".fcnr": ("stsr_core.imagecodec.bitstream.encoded_images", "EncodedImages"),
}


def index_of(path: str | os.PathLike[str]) -> Path:
    """The file that changes when a database does: ``data.csv`` of a folder, else the file itself.

    Examples
    --------
    >>> index_of("vf.cdb").as_posix(), index_of("vf.cdb/data.csv").as_posix()
    ('vf.cdb/data.csv', 'vf.cdb/data.csv')
    """
    path = Path(path)
    return path / INDEX if path.is_dir() or path.suffix.lower() == SUFFIX else path


def open_images(path: str | os.PathLike[str]) -> Images:
    """The images of a database.

    Parameters
    ----------
    path : path
        A folder, or the ``data.csv`` in one, is opened as a Cinema database, whatever its name; of a file the
        suffix decides.

    Returns
    -------
    Images

    Raises
    ------
    FileNotFoundError
        If there is nothing.
    ValueError
        If it is of no known kind, or damaged.
    """
    path = Path(path)
    if path.name == INDEX:
        path = path.parent
    suffix = SUFFIX if path.is_dir() else path.suffix.lower()
    if suffix not in READERS:
        raise ValueError(f"{path}: a database of images must end in {' or '.join(READERS)}")
    module, name = READERS[suffix]
    return getattr(import_module(module), name).open(path)
