"""The image codec beside AVIF, videos and NeRVs on a database of images: one table, one figure, pictures.

    python benchmarks/imagecodec.py                                     # renders a tornado, 15 minutes in all
    python benchmarks/imagecodec.py DB.cdb --minutes 60 --nerv-minutes 60 --trade-offs 0.003 0.01 --every 1
    python benchmarks/imagecodec.py DB.cdb --full --device cuda         # the published network and recipe

Each trade-off is a codec that learns for ``--minutes``, or ``--passes`` over the pairs, and then encodes the
database, its weights included; one that lies in the folder ``work`` is taken from there. With
``--coded-every`` only some pairs are encoded, and the weights are counted in proportion. JPEG, WebP, AVIF and
JPEG XL store every ``--every``-th image, the videos all of them. Written to ``-o``: ``table.txt``,
``table.json``, ``curves.png`` (PSNR and LPIPS over bits per pixel with weights) and ``pictures.png`` (one
image of each).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
from stsr_core.imagecodec.evaluation.nerv import NETWORKS, nerv
from stsr_core.imagecodec.evaluation.rates import RatePoint, bd_rate, rate_at
from stsr_core.imagecodec.images import Images, Record
from stsr_core.imagecodec.network.configuration import METHODS, SIZES
from stsr_core.imagecodec.open import open_images
from stsr_core.imagecodec.pairs import PAIRINGS, pairs_of
from stsr_core.imagecodec.training.recipe import RECIPES
from stsr_core.imagecodec.training.runs import fit
from stsr_core.measuring.records import strict

#: A database that is rendered where none is given: times, views, pixels.
STEPS, VIEWS, PIXELS = 12, 92, 256
RIVALS = ("jpeg", "webp", "avif", "jxl", "av1", "x265")


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
    for method in NETWORKS if options.nerv_minutes > 0 else ():
        points.append(nerv(images, options.nerv_bpp, options.nerv_minutes, method))
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
    parser.add_argument("--pairings", nargs="+", default=["paper"], choices=PAIRINGS)
    parser.add_argument("--mask", action="store_true", help="also with the white background stored")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, default=6.0, help="to learn each codec")
    length.add_argument("--passes", type=int, help="over all pairs, in place of minutes")
    parser.add_argument(
        "--further-passes", type=int, help="begin all trade-offs but the first with its codec, and so many"
    )
    parser.add_argument("--crop", type=int, default=RECIPES["small"].crop, help="pixels learned from at once")
    parser.add_argument("--channels", type=int, nargs="+", default=[24], help="of small codecs")
    parser.add_argument("--full", action="store_true", help="the published size and recipe, 3 passes")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--nerv-minutes", type=float, default=2.0)
    parser.add_argument("--nerv-bpp", type=float, default=0.03)
    parser.add_argument("--rivals", nargs="*", default=RIVALS, choices=RIVALS)
    parser.add_argument("--every", type=int, default=12, help="of the images, stored alone")
    parser.add_argument("--coded-every", type=int, default=1, help="of the pairs of each time, encoded")
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
    """Each codec, learned, its file of some images, and these decoded from it."""
    work.mkdir(parents=True, exist_ok=True)
    size = "paper" if options.full else "small"
    widths = [SIZES["paper"]["channels"]] if options.full else options.channels
    for method, channels, pairing in product(options.methods, widths, options.pairings):
        some = Part.of(images, pairing, options.coded_every)
        models = [
            work / f"{method}-{channels}-{pairing}-{trade_off:g}.stsr" for trade_off in options.trade_offs
        ]
        for trade_off, model in zip(options.trade_offs, models, strict=True):
            recipe, start = replace(RECIPES[size], trade_off=trade_off, pairing=pairing), None
            if not options.full:
                length = {"minutes": options.minutes, "epochs": options.passes}
                if options.passes:
                    length["minutes"] = None
                if options.further_passes and model != models[0]:
                    length, start = {"minutes": None, "epochs": options.further_passes}, models[0]
                recipe = replace(recipe, crop=options.crop, **length)
            if not model.exists():
                fit(
                    images,
                    model,
                    method=method,
                    size=size,
                    configuration={"channels": channels},
                    recipe=recipe,
                    start=start,
                    device=options.device,
                )
            for mask in (False, True) if options.mask else (False,):
                path = model.with_suffix(".masked.fcnr" if mask else ".fcnr")
                made = encode(some, model, path, mask=mask, overwrite=True)
                encoded = EncodedImages.open(path)
                point = coded(some, encoded, encoding_seconds=made.seconds)
                weights = round(point.weight_bytes * len(some.records) / len(images.records))
                setting = f"N {channels}, {pairing} pairs{', masks' if mask else ''}, λ {trade_off:g}"
                yield replace(point, setting=setting, weight_bytes=weights)
                draw_pictures(images, encoded, work.parent / "pictures.png")


@dataclass(frozen=True)
class Part:
    """Some images of a database, all times of some views."""

    whole: Images
    records: tuple[Record, ...]

    @classmethod
    def of(cls, images: Images, pairing: str, every: int) -> Part:
        """The views of every so many pairs, which stay pairs then."""
        pairs = pairs_of(images.records, pairing)
        chosen = [pair for pair in pairs if pair.left.time == pairs[0].left.time][::every]
        views = {(record.theta, record.phi) for pair in chosen for record in pair.images}
        return cls(images, tuple(r for r in images.records if (r.theta, r.phi) in views))

    @property
    def path(self) -> Path:
        """Of the database."""
        return self.whole.path

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.whole.size

    def read(self, record: Record) -> np.ndarray:
        """One image."""
        return self.whole.read(record)


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
    """What points of one curve have in common: the method, and width and pairs of a codec."""
    return f"{point.method}, {point.setting.rpartition(', ')[0]}" if point.method in METHODS else point.method


def draw_curves(points: list[RatePoint], path: Path) -> None:
    """PSNR and LPIPS over bits per pixel, everything included."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
    for axes, measure in zip(panels, ("psnr", "lpips"), strict=True):
        for method in dict.fromkeys(family(point) for point in points):
            own = sorted((p for p in points if family(p) == method), key=lambda p: p.bpp_with_weights)
            heights = [getattr(p.quality, measure) for p in own]
            marker = "s--" if own[0].weight_bytes else "o-"
            (line,) = axes.plot(
                [p.bpp_with_weights for p in own], heights, marker, label=method, markersize=5
            )
            if own[0].weight_bytes and own[0].n_bytes:
                files, color = [p.bpp_file for p in own], line.get_color()
                axes.plot(files, heights, "s:", color=color, markerfacecolor="white", markersize=5)
        axes.set_xscale("log")
        low, high = axes.get_xlim()
        ticks = [tick for tick in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0) if low <= tick <= high]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_xticks([], minor=True)
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("PSNR (dB)")
    panels[1].set(ylabel="LPIPS", yscale="log")
    figure.supxlabel("bits per pixel, weights included (hollow: without them)", fontsize="medium")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
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
