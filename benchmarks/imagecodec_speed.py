"""Seconds and memory to encode and to decode a pair of images, by size of the codec and of the images.

    python benchmarks/imagecodec_speed.py --channels 24 --pixels 256 --repeats 20
    python benchmarks/imagecodec_speed.py --channels 192 --pixels 1024             # the published size

The codec has not learned anything: what it takes does not depend on that. Seconds are those of the processor,
of which one core is used, so that other work on the machine does not count. Decoding is what the source Image
Database does for an image that it does not have yet, with the networks in memory. The memory is the most that
the process had.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import torch

from stsr_core.imagecodec.bitstream.pair_coder import PairEncoder
from stsr_core.imagecodec.network.configuration import METHODS, CodecConfig
from stsr_core.imagecodec.network.stereo_codec import StereoCodec

VIEWS = (0.5, 0.4, 0.6), (0.5, 0.4, 0.7)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--method", default="fcnr", choices=METHODS)
    parser.add_argument("--channels", type=int, default=24)
    parser.add_argument("--latents", type=int, help="a fourth of the channels by default; 8 of 24")
    parser.add_argument("--pixels", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(0)
    latents = options.latents or max(8, options.channels // 4)
    network = StereoCodec(CodecConfig(options.method, options.channels, latents)).eval()
    # A picture as it is rendered: a shaded ball on white.
    x, y = np.meshgrid(*[np.linspace(-1, 1, options.pixels)] * 2)
    shade = np.where(x**2 + y**2 < 0.5, 255 * np.sqrt(np.clip(0.5 - x**2 - y**2, 0, 1)), 255)
    image = np.repeat(shade[..., None], 3, 2).astype(np.uint8)
    encoder = PairEncoder(network)
    encoding, decoding = [], []
    for _ in range(options.repeats):
        started = time.process_time()
        made = encoder.encode((image, image), *VIEWS)
        encoded = time.process_time()
        again = encoder.decoder.decode(made.stream, image.shape[:2], *VIEWS)
        decoding.append(time.process_time() - encoded)
        encoding.append(encoded - started)
        assert all(np.array_equal(a, b) for a, b in zip(again, made.images, strict=True))
    print(
        f"{options.method}, {options.channels} channels, {sum(p.numel() for p in network.parameters()):,} "
        f"parameters, {options.pixels}²: a pair encoded in {np.median(encoding):.3f} s, decoded in "
        f"{np.median(decoding):.3f} s, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB; "
        f"one thread, median of {options.repeats}"
    )


if __name__ == "__main__":
    main()
