"""A network in few bytes: weights rounded to steps of their own row, and range coded.

The codec is then the rounded network, for encoding and decoding alike.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Mapping

import numpy as np
import torch

from stsr_core.imagecodec.bitstream.range_coder import DamagedStream, SymbolReader, SymbolWriter
from stsr_core.imagecodec.bitstream.scale_tables import indices_of

#: Bits of a weight by default.
BITS = 7
_LENGTH = struct.Struct("<I")


def packed(tensors: Mapping[str, torch.Tensor], bits: int = BITS) -> bytes:
    """Tensors as bytes.

    A row, all weights that make one output, has 2^bits − 1 levels from minus to plus its largest magnitude.
    Tensors of one axis, which are few, are stored in float32.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        float32.
    bits : int
        2 to 8; finer weights belong beside the file.

    Raises
    ------
    ValueError
        If ``bits`` is another number, or a weight is not finite.
    """
    if not 2 <= bits <= 8:
        raise ValueError(f"weights must have 2 to 8 bits, got {bits}")
    writer, raw, shapes = SymbolWriter(), [], []
    for name, tensor in tensors.items():
        values = tensor.detach().cpu().float().numpy()
        if not np.isfinite(values).all():
            raise ValueError(f"weights must be finite, {name} has others")
        shapes.append((name, list(values.shape)))
        if values.ndim < 2:
            raw.append(values.astype("<f4").tobytes())
            continue
        rows = values.reshape(len(values), -1)
        steps = (np.abs(rows).max(1) / (2 ** (bits - 1) - 1)).astype("<f4")
        symbols = np.rint(rows / np.where(steps > 0, steps, 1)[:, None]).astype(np.int32)
        # The mean magnitude is the scale of the Laplace distribution that a row is likeliest under.
        indices = indices_of(np.abs(symbols).mean(1))
        writer.write(symbols.ravel(), np.repeat(indices, rows.shape[1]))
        raw += [steps.tobytes(), indices.tobytes()]
    head = json.dumps(shapes, separators=(",", ":")).encode()
    few = b"".join(raw)
    parts = [_LENGTH.pack(len(head)), _LENGTH.pack(len(few)), head, few]
    content = zlib.compress(b"".join(parts), 9)
    return _LENGTH.pack(len(content)) + content + writer.words()


def unpacked(data: bytes) -> dict[str, torch.Tensor]:
    """The rounded tensors of :func:`packed`, float32.

    Raises
    ------
    DamagedStream
        If the bytes are not as :func:`packed` writes them.
    """
    try:
        (length,) = _LENGTH.unpack_from(data)
        if len(data) < _LENGTH.size + length:
            raise ValueError(f"expected {_LENGTH.size + length} bytes at least, found {len(data)}")
        content = zlib.decompress(data[_LENGTH.size : _LENGTH.size + length])
        head_length, few_length = struct.unpack_from("<II", content)
        shapes = json.loads(content[8 : 8 + head_length])
        few = memoryview(content)[8 + head_length :]
        if len(few) != few_length:
            raise ValueError(f"expected {few_length} bytes, found {len(few)}")
        reader = SymbolReader(data[_LENGTH.size + length :])
        tensors, place = {}, 0
        for name, shape in shapes:
            count = math.prod(shape)
            if len(shape) < 2:
                values = np.frombuffer(few, "<f4", count, place).astype(np.float32)
                place += values.nbytes
            else:
                n_rows = shape[0]
                steps = np.frombuffer(few, "<f4", n_rows, place)
                indices = np.frombuffer(few, np.uint8, n_rows, place + steps.nbytes)
                place += steps.nbytes + indices.nbytes
                symbols = reader.read(np.repeat(indices, count // n_rows)).reshape(n_rows, -1)
                values = symbols.astype(np.float32) * steps[:, None]
            tensors[name] = torch.from_numpy(values.reshape(shape).copy())
        return tensors
    except (ValueError, TypeError, KeyError, struct.error, zlib.error) as error:
        raise DamagedStream(f"damaged weights: {error}") from None


def rounded(tensors: Mapping[str, torch.Tensor], bits: int = BITS) -> dict[str, torch.Tensor]:
    """What comes back of tensors that are packed."""
    return unpacked(packed(tensors, bits))
