"""``stsr images evaluate``: coded images beside what other codecs make of the same database."""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core.cli.tables import in_columns
from stsr_core.cli.terminal import ProgressLine

if TYPE_CHECKING:
    from stsr_core.imagecodec.evaluation.rates import RatePoint
    from stsr_core.imagecodec.images import Images, Record

#: Those that have several qualities, and so a curve; and all.
CODECS = ("jpeg", "webp", "avif", "jxl", "av1", "x265")
RIVALS = (*CODECS, "nerv", "enerv")

DESCRIPTION = """\
Measure what coded images (.fcnr) are worth: PSNR, SSIM and LPIPS against the database they were made of, bits
per pixel estimated, in the file and with the weights of the codec, seconds to learn, encode and decode. A
learned codec (.stsr) is encoded first. --with puts other codecs into the same table, each at several
qualities.
"""

EPILOG = """\
examples:
  stsr images evaluate vf.cdb vf.fcnr --with avif av1
  stsr images evaluate vf.cdb fine.stsr coarse.stsr --with avif --bd-rate avif

jpeg, webp, avif   every image by itself, by Pillow
jxl                likewise, JPEG XL, by the package pillow-jxl-plugin
av1, x265          one video of all images, views in turn through all times, by PyAV
nerv, enerv        a network that is the database, of --nerv-bpp bits per pixel, learned in --nerv-minutes
"""


def add_parser(commands: Any) -> None:
    """Add the command to those of ``stsr images``."""
    parser = commands.add_parser(
        "evaluate",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("database", metavar="FOLDER", help="database of images (.cdb)")
    parser.add_argument("coded", metavar="FILE", nargs="*", help="coded images (.fcnr) or codecs (.stsr)")
    parser.add_argument(
        "--with",
        dest="rivals",
        nargs="+",
        default=[],
        choices=RIVALS,
        metavar="CODEC",
        help="other codecs, see below",
    )
    parser.add_argument(
        "--every",
        type=int,
        default=1,
        metavar="N",
        help="store every N-th image alone by jpeg, webp, avif and jxl",
    )
    parser.add_argument("--no-lpips", action="store_true", help="leave LPIPS out, which is slow")
    parser.add_argument(
        "--nerv-bpp", type=float, default=0.05, metavar="B", help="size of nerv and enerv (default 0.05)"
    )
    parser.add_argument(
        "--nerv-minutes", type=float, default=10.0, metavar="M", help="to learn either (default 10)"
    )
    parser.add_argument(
        "--bd-rate",
        choices=CODECS,
        metavar="CODEC",
        help="also: bits saved at equal PSNR beside this one, per method",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure and print a table."""
    from stsr_core.imagecodec.evaluation.rates import bd_rate
    from stsr_core.imagecodec.open import open_images

    if options.every < 1:
        raise ValueError(f"--every must be >= 1, got {options.every}")
    if options.bd_rate and options.bd_rate not in options.rivals:
        options.rivals = [*options.rivals, options.bd_rate]
    if not (options.coded or options.rivals):
        raise ValueError("name coded images (.fcnr), codecs (.stsr), or others by --with")
    images, line = open_images(options.database), ProgressLine()
    points = list(_points(options, images, line))
    line.close()
    print(table(points))
    options.result["rows"] = [as_row(point) for point in points]
    if options.bd_rate:
        curves: dict[str, list[tuple[float, float]]] = {}
        for point in points:
            curves.setdefault(point.method, []).append((point.bpp_with_weights, point.quality.psnr))
        reference = curves.pop(options.bd_rate.upper())
        saved = {method: bd_rate(reference, curve) for method, curve in curves.items()}
        options.result["bd_rate"] = saved
        for method, percent in saved.items():
            if math.isnan(percent):
                text = "no BD-rate: less than two settings, or no PSNR in common"
            else:
                text = (
                    f"{percent:+.1f} % bits beside {options.bd_rate.upper()} at equal PSNR, weights included"
                )
            print(f"{method}: {text}")
    return 0


def _points(options: argparse.Namespace, images: Images, line: ProgressLine) -> Iterator[RatePoint]:
    from stsr_core.imagecodec.evaluation import stills, video
    from stsr_core.imagecodec.evaluation.nerv import NETWORKS, nerv

    lpips = not options.no_lpips and min(images.size) >= 32
    for name in options.coded:
        yield _coded(Path(name), images, lpips, line)
    for method in options.rivals:
        if method in NETWORKS:
            yield nerv(
                images,
                options.nerv_bpp,
                options.nerv_minutes,
                method,
                lpips=lpips,
                on_progress=lambda p: line.show(f"network of all images, {p.psnr:.2f} dB", p.fraction),
            )
        elif method in stills.STILLS:
            some: list[Record] = list(images.records[:: options.every])
            for level in stills.STILLS[method][1]:
                line.show(f"{method}, quality {level}")
                yield stills.still(images, some, method, level, lpips)
        else:
            if not video.available(method):
                raise ImportError(f'{method} needs PyAV with it: pip install "stsr[images]"')
            for crf in video.VIDEOS[method][2]:
                line.show(f"{method}, crf {crf}")
                yield video.video(images, images.records, method, crf, lpips)


def _coded(path: Path, images: Images, lpips: bool, line: ProgressLine) -> RatePoint:
    from stsr_core.imagecodec.bitstream.encoded_images import EncodedImages
    from stsr_core.imagecodec.bitstream.encoding import encode
    from stsr_core.imagecodec.evaluation.coded import coded

    def measuring(fraction: float) -> None:
        line.show(f"measuring {path}", fraction)

    if path.suffix != ".stsr":
        return coded(images, EncodedImages.open(path), lpips, on_progress=measuring)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / f"{path.stem}.fcnr"
        made = encode(
            images, path, output, on_progress=lambda done, n: line.show(f"encoding by {path}", done / n)
        )
        return coded(images, EncodedImages.open(output), lpips, made.seconds, measuring)


def as_row(point: RatePoint) -> dict[str, Any]:
    """A point as plain JSON values."""
    rates = {name: getattr(point, name) for name in ("bpp_est", "bpp_file", "bpp_with_weights")}
    return {**asdict(point), **rates}


def table(points: list[RatePoint]) -> str:
    """The points as text in columns."""
    heads = ["method", "setting", "PSNR", "SSIM", "LPIPS", "bpp est", "bpp file", "with weights"]
    lines = [[*heads, "learn s", "encode s", "decode s"]]
    for point in points:
        cells = [f"{point.quality.psnr:.2f}", f"{point.quality.ssim:.4f}", _number(point.quality.lpips, 4)]
        cells += [_number(rate, 4) for rate in (point.bpp_est, point.bpp_file, point.bpp_with_weights)]
        seconds = (point.learning_seconds, point.encoding_seconds, point.decoding_seconds)
        lines.append([point.method, point.setting, *cells, *(_number(value, 1) for value in seconds)])
    return in_columns(lines)


def _number(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
