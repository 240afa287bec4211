"""Where files are: patterns, natural order, and outputs that replace older ones only when complete."""

from __future__ import annotations

import glob
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from stsr_core.words import readable_bytes

Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

VTK_SUFFIXES = (".vti", ".vtr")
INDEX_SUFFIXES = (".pvd", ".vti.series", ".vtr.series")
HDF5_SUFFIXES = (".h5", ".hdf5", ".nc", ".nc4")
RAW_SUFFIXES = (".raw", ".dat", ".bin")
TIFF_SUFFIXES = (".ome.tif", ".ome.tiff", ".tif", ".tiff")
_SUFFIXES = INDEX_SUFFIXES + VTK_SUFFIXES + HDF5_SUFFIXES + RAW_SUFFIXES + TIFF_SUFFIXES

_DATASET = re.compile(r"^(?P<file>.+\.(?:h5|hdf5|nc|nc4)):(?P<dataset>.*)$", re.IGNORECASE)


def suffix_of(path: str | os.PathLike[str]) -> str:
    """The suffix that decides how a file is read and written, in lower case.

    Raises
    ------
    ValueError
        If the suffix is none of the known ones.

    Examples
    --------
    >>> suffix_of("out/run.VTI.series"), suffix_of("run_0.1.vti")
    ('.vti.series', '.vti')
    """
    name = Path(path).name.lower()
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return suffix
    raise ValueError(f"{path}: file name must end in one of {' '.join(_SUFFIXES)}")


def stem_of(path: Path) -> str:
    """The file name without the suffix of :func:`suffix_of`.

    Examples
    --------
    >>> stem_of(Path("out/run.vti.series"))
    'run'
    """
    return path.name[: -len(suffix_of(path))]


def natural_key(path: str | os.PathLike[str]) -> list[tuple[int, int, str]]:
    """Sort key by which digits count as numbers.

    Examples
    --------
    >>> sorted(["step10.vti", "step2.vti"], key=natural_key)
    ['step2.vti', 'step10.vti']
    """
    parts = re.split(r"(\d+)", os.fspath(path))
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts if p]


def numbers_of(files: Sequence[Path]) -> np.ndarray:
    """The numbers in the names of files that count times, in equal steps; 0, 1, 2, … where there are none.

    Raises
    ------
    ValueError
        If several numbers differ, or one is missing, which is named.

    Examples
    --------
    >>> numbers_of([Path("c1_t004.tif"), Path("c1_t008.tif")]).tolist()
    [4.0, 8.0]
    >>> numbers_of([Path("t000.tif"), Path("t001.tif"), Path("t003.tif")])
    Traceback (most recent call last):
    ValueError: t003.tif: expected time 2 after t001.tif, which is missing in the sequence
    """
    stems = [re.split(r"(\d+)", stem_of(path)) for path in files]
    if len({(len(s), *s[::2]) for s in stems}) > 1:
        return np.arange(len(files), dtype=np.float64)
    differ = [k for k in range(1, len(stems[0]), 2) if len({int(s[k]) for s in stems}) > 1]
    if len(differ) > 1:
        raise ValueError(
            f"{files[0]}: expected names in which one number counts the times, but {len(differ)} differ from "
            f"{files[-1].name}; open the files of each channel or position as a source of its own"
        )
    if not differ:
        return np.arange(len(files), dtype=np.float64)
    numbers = np.array([int(s[differ[0]]) for s in stems], dtype=np.float64)
    apart = np.diff(numbers)
    uneven = np.flatnonzero(apart > apart.min())
    if len(uneven) or apart.min() == 0:
        i = int(uneven[0] if len(uneven) else np.argmin(apart))
        if apart.min() == 0:
            raise ValueError(f"{files[i + 1]}: has the number {numbers[i]:.0f} of {files[i].name} again")
        raise ValueError(
            f"{files[i + 1]}: expected time {numbers[i] + apart.min():.0f} after {files[i].name}, which is "
            "missing in the sequence"
        )
    return numbers


def split_dataset(source: str | os.PathLike[str]) -> tuple[str, str]:
    """``file.h5:/path`` → ``("file.h5", "/path")``; the path is "" where none is given.

    Examples
    --------
    >>> split_dataset("run.nc:/density"), split_dataset("run.nc")
    (('run.nc', '/density'), ('run.nc', ''))
    """
    match = _DATASET.match(os.fspath(source))
    return (match["file"], match["dataset"]) if match else (os.fspath(source), "")


def find_files(source: Source) -> tuple[list[Path], str]:
    """Existing files of a path, a pattern or a list of either, in natural order, and the data set path.

    A list is put in natural order as well, because a shell expands patterns alphabetically.

    Returns
    -------
    files : list of Path
    dataset : str
        What follows the colon of ``file.h5:/path``; "" where there is none.

    Raises
    ------
    FileNotFoundError
        If a file is missing or a pattern matches none.
    ValueError
        If the list is empty, names several data set paths, or an entry is a folder.
    """
    given = [source] if isinstance(source, str | os.PathLike) else list(source)
    if not given:
        raise ValueError("source must name at least one file, got an empty list")
    files: list[Path] = []
    datasets = set()
    for entry in given:
        pattern, dataset = split_dataset(entry)
        datasets.add(dataset)
        files += _existing(os.path.expanduser(pattern))
    if len(datasets) > 1:
        raise ValueError(f"all files of one series must name the same data set, got {sorted(datasets)}")
    return sorted(files, key=natural_key), datasets.pop()


def _existing(pattern: str) -> list[Path]:
    path = Path(pattern)
    if path.is_dir():
        raise ValueError(f"{pattern}: is a folder; give a pattern such as {path / '*.vti'}")
    if path.exists():
        return [path]
    if not glob.has_magic(pattern):
        raise FileNotFoundError(f"{pattern}: no such file")
    found = [Path(p) for p in glob.glob(pattern, recursive=True) if os.path.isfile(p)]
    if not found:
        raise FileNotFoundError(f"{pattern}: no file matches the pattern")
    return found


@contextmanager
def replacing() -> Iterator[Callable[[Path], Path]]:
    """Write files beside their destinations and rename them there together, in the order asked for.

    Yields a function from a destination to the temporary file to write. After any exception, an
    interruption from the keyboard included, the temporary files and the folders made for them are
    removed, and what stood at the destinations is untouched.
    """
    pending: dict[Path, Path] = {}
    folders: list[Path] = []

    def temporary(destination: Path) -> Path:
        if not destination.parent.exists():
            folders.append(destination.parent)
            destination.parent.mkdir()
        # The process id keeps two writers apart.
        pending[destination] = destination.with_name(f".{destination.name}.{os.getpid()}.tmp")
        return pending[destination]

    done = False
    try:
        yield temporary
        for destination, beside in pending.items():
            os.replace(beside, destination)
        done = True
    finally:
        if not done:
            for beside in pending.values():
                beside.unlink(missing_ok=True)
            for folder in folders:
                # Not empty only if someone else has written there meanwhile.
                if not any(folder.iterdir()):
                    folder.rmdir()


def check_space(folder: Path, needed: int) -> None:
    """Raise OSError unless ``needed`` bytes are free where ``folder`` is."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            f"{folder}: the output needs {readable_bytes(needed)}, but only {readable_bytes(free)} are free"
        )
