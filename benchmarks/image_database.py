"""Seconds to render an image, to show one, and to open a database as large as the paper's.

    python benchmarks/image_database.py --sizes 256 512 1024 --images 24360

Rendered is the tornado of 64³ nodes, 12 views of one step, as a volume and as an isosurface, the time of
writing the PNG files included. "Shown" is an update of the source Image Database by time and angles, from the
file and from its cache; the mean of the same images. The large database holds images of 8 x 8 pixels: what is
measured there is its index.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import stsr_core as stsr
from stsr_core.datasets import tornado
from stsr_core.imagecodec.cinema import ImageDatabase as Database
from stsr_core.imagecodec.images import Record
from stsr_core.imagecodec.views import geodesic_views
from stsr_core.imagecodec.writing import write
from stsr_filters import ImageDatabase, render_database
from stsr_filters.images.appearance import Look
from stsr_filters.images.static_page import write_page


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def rendered(series: stsr.VolumeSeries, path: Path, size: int, style: str) -> float:
    """Seconds per image, without the look at all values before."""
    marks: list[float] = []
    render_database(
        series,
        path,
        views="12",
        size=(size, size),
        look=Look((style,)),
        on_progress=lambda done, wanted, text: marks.append(time.perf_counter()) if done else None,
    )
    return (marks[-1] - marks[0]) / (len(marks) - 1)


def shown(path: Path) -> tuple[float, float]:
    """Milliseconds per image from the file, and from the cache."""
    source, database = ImageDatabase(), Database.open(path)
    source.SetFileName(str(path))
    source.Update()

    def every_image() -> None:
        for record in database.records[1:]:
            source.SetTheta(record.theta)
            source.SetPhi(record.phi)
            source.UpdateTimeStep(record.time)

    count = len(database.records) - 1
    return 1000 * seconds(every_image) / count, 1000 * seconds(every_image) / count


def large(path: Path, count: int) -> dict[str, float]:
    """Seconds to open a database of so many images, to show another one of it, and to write its page."""
    views = geodesic_views(9)
    grey = np.full((8, 8, 3), 128, np.uint8)
    records = (Record(float(i // len(views)), *views[i % len(views)], "grey") for i in range(count))
    found = {"write": seconds(lambda: write(path, ((record, grey) for record in records)))}
    found["open"] = seconds(lambda: Database.open(path))
    database = Database.open(path)
    found["page"] = seconds(lambda: write_page(database))
    source = ImageDatabase()
    source.SetFileName(str(path))
    source.Update()
    source.SetPhi(12.0)
    found["show another"] = seconds(source.Update)
    found["page, MiB"] = (path / "index.html").stat().st_size / 2**20
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[256, 512])
    parser.add_argument("--images", type=int, default=24_360, help="of the large database, 0 for none")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores")
    print("pixels   style        render, s   shown from file, ms   from cache, ms   PNG, KiB")
    series = tornado(64, 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in options.sizes:
            for style in ("volume", "isosurface"):
                path = folder / f"{style}{size}.cdb"
                each = rendered(series, path, size, style)
                read, kept = shown(path)
                weight = np.mean([file.stat().st_size for file in path.rglob("*.png")]) / 1024
                print(f"{size:5}²   {style:10}   {each:9.3f}   {read:19.1f}   {kept:14.1f}   {weight:8.1f}")
        if options.images:
            for what, value in large(folder / "large.cdb", options.images).items():
                print(f"{options.images} images, {what}: {value:.2f}" + ("" if "MiB" in what else " s"))


if __name__ == "__main__":
    main()
