"""The one door to h5py: files opened, attributes as text, every failure a sentence that names the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

#: What h5py was seen to raise on damaged files.
FAILURES = (OSError, RuntimeError, LookupError, ValueError, TypeError, ArithmeticError, AttributeError)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """An ``h5py.File`` for reading while the block runs.

    Raises
    ------
    FileNotFoundError
        If the file is missing.
    ValueError
        If it is no HDF5 file, or anything in the block fails; names the file.
    """
    import h5py

    with open(path, "rb") as stream:
        start = stream.read(3)
    if start == b"CDF":
        raise ValueError(f"{path}: is a NetCDF-3 file; convert it with `nccopy -k netCDF-4` to read it")
    with named(path), h5py.File(path, "r") as file:
        yield file


@contextmanager
def created(path: Path) -> Iterator[Any]:
    """A new ``h5py.File`` while the block runs.

    Raises
    ------
    OSError
        If it cannot be made or finished; names the file. What the block raises passes through.
    """
    import h5py

    with named(path, doing="write", failure=OSError):
        # NetCDF-4 asks for the order of creation to be kept.
        file = h5py.File(path, "w", track_order=True)
    try:
        yield file
    finally:
        with named(path, doing="write", failure=OSError):
            file.close()


@contextmanager
def named(
    path: Path, place: str = "", doing: str = "read as HDF5", failure: type[Exception] = ValueError
) -> Iterator[None]:
    """Turn what fails in h5py while the block runs into one sentence that begins with ``path``.

    Parameters
    ----------
    place : str
        The data set in the file, as h5py names it.
    doing : str
        What is done in the block, in words that follow "cannot".
    failure : type
        What is raised.
    """
    try:
        yield
    except FAILURES as error:
        if isinstance(error, ValueError) and str(path) in str(error):
            raise  # told well already
        where = f"{path}:{place}" if place else str(path)
        raise failure(f"{where}: cannot {doing}: {reason_of(error)}") from error


def reason_of(error: Exception) -> str:
    """What h5py says, on one line and without the quotes of a KeyError.

    Examples
    --------
    >>> reason_of(KeyError("Unable to open\\nobject"))
    'Unable to open object'
    """
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return " ".join(text.split()) or type(error).__name__


def text_of(node: Any, attribute: str) -> str:
    """An attribute of a file, group or data set as text; "" where there is none."""
    value = node.attrs.get(attribute, "")
    return as_text(value.reshape(-1)[0] if isinstance(value, np.ndarray) and value.size else value)


def as_text(value: Any) -> str:
    """A string of h5py, which gives bytes where a string is of fixed length or no UTF-8."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
