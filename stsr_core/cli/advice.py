"""An error in one sentence, and what to do about it where the command line knows that."""

from __future__ import annotations

import argparse
import glob
import re
from difflib import get_close_matches
from pathlib import Path


def sentence(error: BaseException) -> str:
    """The message of an error on one line.

    Examples
    --------
    >>> sentence(FileNotFoundError(2, "No such file or directory", "a.vti"))
    'a.vti: No such file or directory'
    """
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return " ".join(text.split()) or type(error).__name__


def what_to_do(error: BaseException, options: argparse.Namespace) -> str:
    """What follows the sentence of an error: options that help, or the name that was meant; "" if neither.

    Parameters
    ----------
    options : Namespace
        Of the command that ended in the error.
    """
    if isinstance(error, FileExistsError):
        ways = {"output": "-o", "overwrite": "--overwrite", "resume": "--resume"}
        there = [way for name, way in ways.items() if hasattr(options, name)]
        return "" if "--overwrite" in str(error) else f" ({', '.join(there)})"
    if isinstance(error, FileNotFoundError):
        return _meant(sentence(error).partition(": ")[0])
    if isinstance(error, ImportError):
        return "; `stsr doctor` says what is missing"
    return ""


def _meant(name: str) -> str:
    """A file of the same folder with almost the same name."""
    path = Path(re.sub(r":/.*", "", name))
    if glob.has_magic(name) or not path.parent.is_dir():
        return ""
    near = get_close_matches(path.name, [other.name for other in path.parent.iterdir()], n=1)
    return f"; did you mean {path.parent / near[0]}?" if near else ""
