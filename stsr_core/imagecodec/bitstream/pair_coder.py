"""A pair of images ↔ its bit stream: z left, z right, y left, y right, each decodable from what precedes it.

The networks that give the distributions run in float64 here and on one thread, and a distribution is one of
72 tables: what another machine, another number of threads or a GPU computes differs in the last digits of
float64 and comes to the same tables. Should it not, the checksum of the tables at the head of the stream says
so.
"""

from __future__ import annotations

import copy
import struct
import zlib
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from stsr_core.imagecodec.bitstream.background import background, read_background, write_background
from stsr_core.imagecodec.bitstream.range_coder import OTHER_TABLES, DamagedStream, SymbolReader, SymbolWriter
from stsr_core.imagecodec.bitstream.scale_tables import indices_of
from stsr_core.imagecodec.network.configuration import STRIDE, CodecConfig
from stsr_core.imagecodec.network.entropy_networks import LATENTS, EntropyNetworks, Take
from stsr_core.imagecodec.network.laplace import Laplace, bits
from stsr_core.imagecodec.network.stereo_codec import StereoCodec
from stsr_core.imagecodec.padding import padded_size, to_image, to_tensor
from stsr_core.threads import bounded_threads

#: At the head of a stream: CRC-32 of the indices of all tables, in the order of the symbols.
_HEAD = struct.Struct("<I")
#: Time and view of an image, as of :func:`.positional.parameters_of`.
Parameters = tuple[float, float, float]
Pictures = tuple[np.ndarray, np.ndarray]


class Encoded(NamedTuple):
    """A pair as it is written.

    Parameters
    ----------
    stream : bytes
    images : pair of ndarray
        uint8 (H, W, 3), what decoding the stream gives.
    estimated_bits : float
        Cross entropy of the symbols under the Laplace distributions, without tables and words.
    """

    stream: bytes
    images: Pictures
    estimated_bits: float


class PairDecoder:
    """Reads bit streams.

    Parameters
    ----------
    entropy : EntropyNetworks
    decoder : Sequential
        As of :func:`.stereo_codec.image_decoder`; both on the CPU, and copied.
    config : CodecConfig
        Of both.
    """

    def __init__(self, entropy: EntropyNetworks, decoder: nn.Sequential, config: CodecConfig) -> None:
        self.entropy = copy.deepcopy(entropy).eval().double()
        self.decoder = copy.deepcopy(decoder).eval()
        self.least_scale = config.least_scale

    @torch.inference_mode()
    def decode(
        self,
        stream: bytes,
        size: tuple[int, int],
        left: Parameters,
        right: Parameters,
        odds: np.ndarray | None = None,
    ) -> Pictures:
        """Read a pair.

        Parameters
        ----------
        stream : bytes
            As of :meth:`PairEncoder.encode`.
        size : (int, int)
            Height and width of the images.
        left, right : (float, float, float)
            Time and view of each.
        odds : ndarray, optional
            As the pair was written with.

        Raises
        ------
        DamagedStream
            If the stream cannot be one of an encoder, or its symbols have other tables here.
        """
        if len(stream) < _HEAD.size:
            raise DamagedStream(f"a stream has at least {_HEAD.size} bytes, got {len(stream)}")
        (expected,) = _HEAD.unpack_from(stream)
        reader, tables = SymbolReader(stream[_HEAD.size :]), 0

        def take(name: str, laplace: Laplace) -> torch.Tensor:
            nonlocal tables
            location, scales = _bounded(laplace, self.least_scale)
            indices = indices_of(np.nan_to_num(scales.numpy().ravel()))
            tables = zlib.crc32(indices.tobytes(), tables)
            if name == LATENTS[-1] and tables != expected:
                raise DamagedStream(OTHER_TABLES)
            symbols = reader.read(indices).reshape(tuple(location.shape))
            return torch.from_numpy(symbols).double() + location

        with bounded_threads(1):
            decoded = self.walk(size, left, right, take)
        if odds is None:
            return decoded
        of_left = read_background(reader, size, None, odds)
        return _whitened(decoded, (of_left, read_background(reader, size, of_left, odds)))

    def walk(self, size: tuple[int, int], left: Parameters, right: Parameters, take: Take) -> Pictures:
        """The images of what is taken: the same operations for who writes and who reads."""
        height, width = padded_size(*size)
        first, second = (torch.tensor([place], dtype=torch.float64) for place in (left, right))
        y_left, y_right = self.entropy.walk(first, second, (height // STRIDE, width // STRIDE), take)
        decoded = self.decoder((y_left.float(), y_right.float()))
        return to_image(decoded[0], size), to_image(decoded[1], size)


class PairEncoder:
    """Writes bit streams.

    Parameters
    ----------
    network : StereoCodec
        On the CPU; it is copied.
    """

    def __init__(self, network: StereoCodec) -> None:
        self.network = copy.deepcopy(network).eval()
        self.decoder = PairDecoder(network.entropy, network.decoder, network.config)

    @torch.inference_mode()
    def encode(
        self, images: Pictures, left: Parameters, right: Parameters, odds: np.ndarray | None = None
    ) -> Encoded:
        """Write a pair.

        Parameters
        ----------
        images : pair of ndarray
            uint8 (H, W, 3) of one size.
        left, right : (float, float, float)
            Time and view of each.
        odds : ndarray, optional
            As of :func:`.background.odds_of`; with them the white background is written, too, and exact.

        Raises
        ------
        ValueError
            If the network gives numbers that are not finite.
        """
        writer, tables, estimated = SymbolWriter(), 0, 0.0
        least = self.decoder.least_scale

        with bounded_threads(1):
            first, second = (to_tensor(image) for image in images)
            latents = self.network.latents((first, second)).named()

            def take(name: str, laplace: Laplace) -> torch.Tensor:
                nonlocal tables, estimated
                location, scales = _bounded(laplace, least)
                symbols = (latents[name].double() - location).round()
                if not (symbols.isfinite().all() and scales.isfinite().all()):
                    raise ValueError(
                        "the codec gives numbers that are not finite; it has not been learned well"
                    )
                indices = indices_of(scales.numpy().ravel())
                tables = zlib.crc32(indices.tobytes(), tables)
                writer.write(symbols.numpy().ravel().astype(np.int32), indices)
                taken = symbols + location
                estimated += float(bits(taken, Laplace(location, scales), least).sum())
                return taken

            height, width, _ = images[0].shape
            decoded = self.decoder.walk((height, width), left, right, take)
        if odds is not None:
            of_left, of_right = (background(image) for image in images)
            estimated += write_background(writer, of_left, None, odds)
            estimated += write_background(writer, of_right, of_left, odds)
            decoded = _whitened(decoded, (of_left, of_right))
        return Encoded(_HEAD.pack(tables) + writer.words(), decoded, estimated)


def _whitened(images: Pictures, masks: Pictures) -> Pictures:
    for image, mask in zip(images, masks, strict=True):
        image[mask] = 255
    return images


def _bounded(laplace: Laplace, least: float) -> tuple[torch.Tensor, torch.Tensor]:
    return laplace.location.contiguous(), laplace.scale.clamp_min(least).contiguous()
