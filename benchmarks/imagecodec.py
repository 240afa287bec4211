"""The image codec beside AVIF, videos and a NeRV on a database of images: one table, one figure, pictures.

    python benchmarks/imagecodec.py                                     # renders a tornado, 15 minutes in all
    python benchmarks/imagecodec.py DB.cdb --minutes 60 --nerv-minutes 60 --trade-offs 0.003 0.01 --every 1
    python benchmarks/imagecodec.py DB.cdb --full --device cuda         # the published network and recipe

Each trade-off is a codec that learns for ``--minutes`` and then encodes the whole database, its weights
included. JPEG, WebP and AVIF store every ``--every``-th image, the videos all of them. Written to ``-o``:
``table.txt``, ``table.json``, ``curves.png`` (PSNR over bits per pixel with weights) and ``pictures.png``
(one image of each).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, product
from pathlib import Path

import numpy as np

import stsr_core as stsr
from stsr_core.cli import main as stsr_command
from stsr_core.cli.images.evaluate import as_row, table
from stsr_core.imagecodec.bitstream.encoded_images import EncodedImages
from stsr_core.imagecodec.bitstream.encoding import encode
from stsr_core.imagecodec.evaluation import stills, video
from stsr_core.imagecodec.evaluation.coded import coded
from stsr_core.imagecodec.evaluation.nerv import nerv
from stsr_core.imagecodec.evaluation.rates import RatePoint, bd_rate, rate_at
from stsr_core.imagecodec.images import Images
from stsr_core.imagecodec.network.configuration import METHODS, SIZES
from stsr_core.imagecodec.open import open_images
from stsr_core.imagecodec.training.recipe import RECIPES
from stsr_core.imagecodec.training.runs import fit
from stsr_core.measuring.records import strict

#: A database that is rendered where none is given: times, views, pixels.
STEPS, VIEWS, PIXELS = 12, 92, 256
RIVALS = ("jpeg", "webp", "avif", "av1", "x265")


def main() -> None:
    options = parsed()
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    images = open_images(options.database or rendered(folder / "work"))
    print(f"{images.path}: {len(images.records)} images of {images.size[1]}x{images.size[0]}", flush=True)
    points: list[RatePoint] = []
    for point in chain(rivals(images, options), codecs(images, folder / "work", options)):
        points.append(point)
        print(
            f"{point.method} {point.setting}: {point.quality.psnr:.2f} dB, {point.bpp_with_weights:.4f} bpp",
            flush=True,
        )
    if options.nerv_minutes > 0:
        points.append(nerv(images, options.nerv_bpp, options.nerv_minutes))
    text = "\n".join([table(points), "", *saved(points)])
    (folder / "table.txt").write_text(text + "\n")
    (folder / "table.json").write_text(json.dumps(strict([as_row(p) for p in points]), indent=1) + "\n")
    draw_curves(points, folder / "curves.png")
    print(text)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("database", nargs="?", help="database of images (.cdb); a tornado by default")
    parser.add_argument("--methods", nargs="+", default=["fcnr"], choices=METHODS)
    parser.add_argument("--trade-offs", type=float, nargs="+", default=[0.01])
    parser.add_argument("--pairings", nargs="+", default=["paper"], choices=["paper", "nearest"])
    parser.add_argument("--minutes", type=float, default=6.0, help="to learn each codec")
    parser.add_argument("--channels", type=int, nargs="+", default=[24], help="of small codecs")
    parser.add_argument("--full", action="store_true", help="the published size and recipe, 3 passes")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--nerv-minutes", type=float, default=2.0)
    parser.add_argument("--nerv-bpp", type=float, default=0.03)
    parser.add_argument("--rivals", nargs="*", default=RIVALS, choices=RIVALS)
    parser.add_argument("--every", type=int, default=12, help="of the images, for JPEG, WebP and AVIF")
    parser.add_argument("-o", "--output", default="build/imagecodec")
    return parser.parse_args()


def rendered(work: Path) -> Path:
    """A database of the tornado's isosurface."""
    path = work / "tornado.cdb"
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        stsr.write_series(work / "tornado.pvd", stsr.tornado(64, np.arange(STEPS) * 48.0 / STEPS))
        words = [
            "images",
            "render",
            str(work / "tornado.pvd"),
            "--style",
            "isosurface",
            "--views",
            str(VIEWS),
        ]
        if stsr_command([*words, "--size", str(PIXELS), "-o", str(path)]) != 0:
            raise SystemExit("the tornado could not be rendered")
    return path


def rivals(images: Images, options: argparse.Namespace) -> Iterator[RatePoint]:
    """What a practitioner would take, at several qualities."""
    some = images.records[:: options.every]
    for method in options.rivals:
        if method in stills.STILLS and stills.available(method):
            for level in stills.STILLS[method][1]:
                yield stills.still(images, some, method, level)
        elif method in video.VIDEOS and video.available(method):
            for crf in video.VIDEOS[method][2]:
                yield video.video(images, images.records, method, crf)


def codecs(images: Images, work: Path, options: argparse.Namespace) -> Iterator[RatePoint]:
    """Each codec, learned, as one file, and decoded from it."""
    work.mkdir(parents=True, exist_ok=True)
    size = "paper" if options.full else "small"
    widths = [SIZES["paper"]["channels"]] if options.full else options.channels
    for method, channels, pairing, trade_off in product(
        options.methods, widths, options.pairings, options.trade_offs
    ):
        recipe = replace(RECIPES[size], trade_off=trade_off, pairing=pairing)
        if not options.full:
            recipe = replace(recipe, minutes=options.minutes)
        model = work / f"{method}-{channels}-{pairing}-{trade_off:g}.stsr"
        fit(
            images,
            model,
            method=method,
            size=size,
            configuration={"channels": channels},
            recipe=recipe,
            device=options.device,
            overwrite=True,
        )
        made = encode(images, model, model.with_suffix(".fcnr"), overwrite=True)
        encoded = EncodedImages.open(made.path)
        point = coded(images, encoded, encoding_seconds=made.seconds)
        yield replace(point, setting=f"N {channels}, λ {trade_off:g}, {pairing} pairs")
        draw_pictures(images, encoded, work.parent / "pictures.png")


def saved(points: list[RatePoint]) -> list[str]:
    """What the learned codecs save beside AVIF and the videos: over a curve, or at each of their points."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for point in points:
        curves.setdefault(family(point), []).append((point.bpp_with_weights, point.quality.psnr))
    said = []
    own = dict.fromkeys(family(point) for point in points if point.weight_bytes)
    for method in own:
        for rival in [rival for rival in ("AVIF", "AV1") if rival in curves]:
            for rate, psnr in curves[method]:
                other = rate_at(curves[rival], psnr)
                if np.isfinite(other):
                    said.append(
                        f"{method}: {100 * (rate / other - 1):+.0f} % bits beside {rival}, which reaches its "
                        f"{psnr:.2f} dB with {other:.4f} bpp"
                    )
            if np.isfinite(found := bd_rate(curves[rival], curves[method])):
                said.append(f"{method}: BD-rate {found:+.1f} % beside {rival}")
    return said


def family(point: RatePoint) -> str:
    """What points of one curve have in common: the method, and the width of a codec."""
    return f"{point.method}, {point.setting.split(',')[0]}" if point.method in METHODS else point.method


def draw_curves(points: list[RatePoint], path: Path) -> None:
    """PSNR over bits per pixel, everything included."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8.5, 4.5), layout="constrained")
    for method in dict.fromkeys(family(point) for point in points):
        own = sorted((p.bpp_with_weights, p.quality.psnr) for p in points if family(p) == method)
        marker = "o-" if method in ("JPEG", "WEBP", "AVIF", "AV1", "X265") else "s--"
        (line,) = axes.plot(*zip(*own, strict=True), marker, label=method)
        files = sorted(
            (p.bpp_file, p.quality.psnr)
            for p in points
            if family(p) == method and p.weight_bytes and p.n_bytes
        )
        if files:
            label = f"{method} without weights"
            axes.plot(
                *zip(*files, strict=True), "s:", color=line.get_color(), markerfacecolor="white", label=label
            )
    axes.set(
        xscale="log", xlabel="bits per pixel, weights included where nothing else is said", ylabel="PSNR (dB)"
    )
    low, high = axes.get_xlim()
    ticks = [tick for tick in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0) if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_pictures(images: Images, encoded: EncodedImages, path: Path) -> None:
    """Three images, above what was decoded of them."""
    from PIL import Image

    own = {record.key: record for record in images.records}
    some = [encoded.records[int(part * len(encoded.records))] for part in (0.2, 0.5, 0.8)]
    rows = [np.hstack([images.read(own[r.key]) for r in some]), np.hstack([encoded.read(r) for r in some])]
    Image.fromarray(np.vstack(rows)).save(path)


if __name__ == "__main__":
    main()
