"""Opens damaged copies of a file; prints their numbers, and why, where one ends otherwise than it may.

Run as ``python damaged_copies.py SUFFIX FOLDER COUNT`` by test_io_damage.py: in a process of its own, so
that a crash or an endless loop inside HDF5 or VTK fails a test and does not end the suite. The last number
says which copy it was.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io import open_series, write_series
from stsr_core.series import VolumeSeries

GRID = Grid((3, 4, 5), (1.0, 2.0, 3.0), (0.5, 0.25, 2.0))
#: Most bytes set at random, and the beginning of a file, with its headers, where every second copy is hit.
MOST_BYTES, HEAD = 16, 2048


def series(n_steps: int = 3, names: tuple[str, ...] = ("p", "q")) -> VolumeSeries:
    random = np.random.default_rng(0)
    arrays = {name: random.standard_normal((n_steps, *GRID.shape)).astype(np.float32) for name in names}
    times = np.array([0.0, 1.0, 2.5])[:n_steps]
    return VolumeSeries.from_arrays(arrays, GRID, times, {"p": "Pa"}, "s", "mm")


def write_sound(path: Path) -> None:
    """The file that is damaged afterwards."""
    if path.suffix == ".nc":
        write_foreign(path)
    elif path.suffix == ".stsr":
        from models import header_of, small_siren

        from stsr_core.model import checkpoint

        field = small_siren(("a", "b"), width=8, depth=2, latent_length=2)
        checkpoint.save(path, header_of(field), field)
    else:
        alone = path.suffix in (".vti", ".raw")
        write_series(path, series(1, ("p",)) if path.suffix == ".raw" else series(1 if alone else 3))


def write_foreign(path: Path) -> None:
    """As other programs lay NetCDF-4 out: chunks, compression, packed values, scales and no label."""
    import h5py

    with h5py.File(path, "w") as file:
        packed = np.random.default_rng(0).integers(0, 99, (3, *GRID.shape)).astype(np.int16)
        data = file.create_dataset("t2", data=packed, chunks=(1, 3, 4, 5), compression="gzip", shuffle=True)
        data.attrs.update(units=np.bytes_("K"), scale_factor=0.5, _FillValue=np.int16(-1))
        for i, (name, count) in enumerate(zip(("time", "level", "lat", "lon"), packed.shape, strict=True)):
            file[name] = np.arange(count, dtype=np.float32)
            file[name].make_scale(name)
            file[name].attrs["units"] = np.bytes_("m")
            data.dims[i].attach_scale(file[name])


def read_all(path: Path) -> None:
    """Everything in a file."""
    if path.suffix == ".stsr":
        from stsr_core.model import checkpoint

        checkpoint.load(path)
        return
    layout = {"shape": GRID.shape, "dtype": "float32"} if path.suffix == ".raw" else {}
    for variable in open_series(path, **layout):  # type: ignore[arg-type]
        for i in range(len(variable.times)):
            variable.step(i)


def damaged(sound: bytes, seed: int) -> bytes:
    """A copy with 1 to 16 bytes set at random; every fourth copy is cut short as well."""
    random = np.random.default_rng(seed)
    data = np.frombuffer(sound, np.uint8).copy()
    places = random.integers(
        0, min(len(data), HEAD) if seed % 2 else len(data), random.integers(1, MOST_BYTES + 1)
    )
    data[places] = random.integers(0, 256, len(places))
    return data.tobytes()[: random.integers(len(data)) if seed % 4 == 3 else None]


def outcome(path: Path, read: Callable[[Path], None]) -> str:
    """ "" if a file is read, or refused in a sentence that names it; else what happened."""
    try:
        read(path)
    except (ValueError, OSError) as error:
        return "" if str(path) in str(error) else f"does not name the file: {error!r}"
    except Exception as error:
        return repr(error)
    return ""


def main(suffix: str, folder: str, count: str) -> None:
    sound = Path(folder) / f"sound{suffix}"
    write_sound(sound)
    read_all(sound)
    content = sound.read_bytes()
    # Beside the sound one, whose steps an index lists.
    copy = Path(folder) / f"copy{suffix}"
    warnings.simplefilter("ignore")  # of scales that are ignored
    for seed in range(int(count)):
        copy.write_bytes(damaged(content, seed))
        print(seed, flush=True)
        if why := outcome(copy, read_all):
            print(f"{seed}: {why}")
    print("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
