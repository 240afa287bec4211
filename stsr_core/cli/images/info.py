"""``stsr images info``: what a database, a file of coded images or a codec holds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from stsr_core.model.provenance import command_texts, version_texts
from stsr_core.words import duration, readable_bytes

DESCRIPTION = """\
Print what a database of images (.cdb), a file of coded images (.fcnr) or a learned codec (.stsr) holds. No
image is decoded.
"""


def add_parser(commands: Any) -> None:
    """Add the command to those of ``stsr images``."""
    parser = commands.add_parser(
        "info", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "source", metavar="FILE", help="database (.cdb), coded images (.fcnr) or codec (.stsr)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read and print."""
    path = Path(options.source)
    lines, values = _codec(path) if path.suffix == ".stsr" else _images(path)
    options.result.update(values)
    if not options.json:
        width = max(len(name) for name, _ in lines)
        print("\n".join(f"{name:{width}}  {text}" for name, text in lines))
    return 0


def _codec(path: Path) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    from dataclasses import asdict

    from stsr_core.imagecodec.training import codec_file

    header = codec_file.read_header(path)
    images = header.images
    height, width = images["size"]
    lines = [
        (str(path), readable_bytes(path.stat().st_size)),
        ("codec", ", ".join(f"{key} {value}" for key, value in asdict(header.config).items())),
        (
            "images",
            f"{images['images']} of {width}x{height}: {images['times']} times, {images['views']} views, "
            f"{', '.join(images['variables'])}",
        ),
    ]
    for run in header.history:
        recipe = run["recipe"]
        quality = f", PSNR {run['training_psnr']:.2f} dB" if "training_psnr" in run else ""
        lines.append(
            (
                "learned",
                f"{duration(run['seconds'])}, {run['epochs']:.1f} passes, trade-off {recipe['trade_off']:g}, "
                f"pairing {recipe['pairing']}, subset {recipe['subset']}{quality}",
            )
        )
    lines += [("made by", text) for text in command_texts(header.history)]
    lines += [("versions", text) for text in version_texts(header.history)]
    if header.training is not None:
        lines.append(("unfinished", "the command that made it goes on with --resume"))
    return lines, {**asdict(header), "training": None, "finished": header.training is None}


def _images(path: Path) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    from dataclasses import asdict

    from stsr_core.imagecodec.bitstream.encoded_images import EncodedImages, weight_bytes
    from stsr_core.imagecodec.images import times_in, variables_in, views_in
    from stsr_core.imagecodec.open import open_images

    images = open_images(path)
    records = images.records
    height, width = images.size
    times, views, variables = times_in(records), views_in(records), variables_in(records)
    lines = [
        (str(path), f"{len(records)} images of {width}x{height}"),
        ("times", f"{len(times)}: {times[0]:g} to {times[-1]:g}"),
        ("views", str(len(views))),
        ("variables", ", ".join(variables)),
    ]
    values: dict[str, Any] = {
        "images": len(records),
        "size": [width, height],
        "times": times,
        "views": views,
        "variables": variables,
    }
    if isinstance(images, EncodedImages):
        index, n_pixels = images.index, len(records) * height * width
        n_bytes = path.stat().st_size
        weights, streams = weight_bytes(images), sum(place.length for place in index.places)
        estimated = index.notes["estimated_bits"] / n_pixels
        where = f"beside it: {index.weights.file}" if index.weights.file else "inside"
        codec = ", ".join(f"{key} {value}" for key, value in asdict(index.config).items())
        lines += [
            ("codec", f"{codec}; weights of {readable_bytes(weights)} {where}"),
            (
                "bytes",
                f"{readable_bytes(n_bytes)}, of which {readable_bytes(streams)} are {len(index.pairs)} pairs",
            ),
            (
                "bits per pixel",
                f"{8 * streams / n_pixels:.4f} of the pairs ({estimated:.4f} estimated), "
                f"{8 * (n_bytes + (weights if index.weights.file else 0)) / n_pixels:.4f} with everything",
            ),
        ]
        if index.odds is not None:
            lines.append(("background", "white pixels are stored exactly"))
        values |= {
            "codec": asdict(index.config),
            "mask": index.odds is not None,
            "bytes": n_bytes,
            "pair_bytes": streams,
            "weight_bytes": weights,
            "estimated_bits": index.notes["estimated_bits"],
        }
    return lines, values
