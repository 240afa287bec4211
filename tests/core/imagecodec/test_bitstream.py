"""Bit streams of pairs, fact 15 of FCNR: exact round trips, escapes, and streams that are none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stsr_core.imagecodec.bitstream.pair_coder import PairDecoder, PairEncoder
from stsr_core.imagecodec.bitstream.range_coder import DamagedStream, SymbolReader, SymbolWriter
from stsr_core.imagecodec.bitstream.scale_tables import N_SCALES, indices_of, scale
from stsr_core.imagecodec.bitstream.weights import packed, rounded, unpacked
from stsr_core.imagecodec.network.configuration import METHODS, CodecConfig
from stsr_core.imagecodec.network.stereo_codec import StereoCodec
from stsr_core.imagecodec.padding import to_image, to_tensor

LEFT, RIGHT = (0.5, 0.25, 0.75), (0.5, 0.25, 0.1)


def busy_codec(method: str = "fcnr", gain: float = 60.0) -> StereoCodec:
    """A codec that has learned nothing, with latents of many sizes."""
    torch.manual_seed(3)
    network = StereoCodec(CodecConfig(method, 24, 6)).eval()
    with torch.no_grad():
        for part in (network.encoder, network.hyper_encoder):
            for layer in (part[-1].left, part[-1].right):
                layer.weight.mul_(gain)
    return network


def decoder_of(network: StereoCodec) -> PairDecoder:
    return PairDecoder(network.entropy, network.decoder, network.config)


def pictures(height: int = 64, width: int = 64) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    first, second = generator.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    return first, second


def test_symbols_come_back_and_cost_what_they_should() -> None:
    generator = np.random.default_rng(0)
    indices = generator.integers(0, N_SCALES, 20_000).astype(np.uint8)
    scales = np.array([scale(i) for i in indices])
    symbols = np.rint(generator.laplace(0, scales)).astype(np.int32)
    writer = SymbolWriter()
    writer.write(symbols, indices)
    words = writer.words()
    np.testing.assert_array_equal(SymbolReader(words).read(indices), symbols)
    k = np.abs(symbols)
    p = np.where(
        k == 0, -np.expm1(-0.5 / scales), 0.5 * (np.exp(-(k - 0.5) / scales) - np.exp(-(k + 0.5) / scales))
    )
    # Scales here are those of the tables: what is lost is rounding of counts, escapes and the last words.
    assert 8 * len(words) == pytest.approx(-np.log2(p).sum(), rel=0.005)


def test_fact_15_escapes() -> None:
    """Scale 0.1 has the symbols −1, 0, 1; 40 is far beyond, and so are the largest numbers."""
    symbols = np.array([0, 40, -40, 1, -2, 2, 2**30, -(2**30), 0], np.int32)
    indices = indices_of(np.full(len(symbols), 0.1))
    writer = SymbolWriter()
    writer.write(symbols, indices)
    writer.write(symbols[::-1].copy(), indices)
    reader = SymbolReader(writer.words())
    np.testing.assert_array_equal(reader.read(indices), symbols)
    np.testing.assert_array_equal(reader.read(indices), symbols[::-1])


@pytest.mark.parametrize("method", METHODS)
def test_fact_15_a_pair_comes_back_exactly(method: str) -> None:
    coder = PairEncoder(busy_codec(method))
    images = pictures(50, 70)
    made = coder.encode(images, LEFT, RIGHT)
    for found, expected in zip(
        coder.decoder.decode(made.stream, (50, 70), LEFT, RIGHT), made.images, strict=True
    ):
        assert found.shape == (50, 70, 3) and found.dtype == np.uint8
        np.testing.assert_array_equal(found, expected)


def test_fact_15_the_stream_is_as_long_as_estimated_and_shows_what_the_network_gives() -> None:
    network = busy_codec()
    made = PairEncoder(network).encode(pictures(256, 256), LEFT, RIGHT)
    assert len(made.stream) < 1.02 * made.estimated_bits / 8 + 64
    with torch.inference_mode():
        first, second = (to_tensor(image) for image in pictures(256, 256))
        coded = network((first, second), torch.tensor([LEFT]), torch.tensor([RIGHT]))
    assert float(sum(coded.bits.values())) == pytest.approx(made.estimated_bits, rel=1e-2)
    # The network's own pass is all in float32.
    apart = np.abs(to_image(coded.images[0], (256, 256)).astype(int) - made.images[0])
    assert np.mean(apart > 1) < 0.01


def test_other_distributions_are_noticed() -> None:
    """Of another network nothing is decoded to garbage."""
    network = busy_codec()
    made = PairEncoder(network).encode(pictures(), LEFT, RIGHT)
    with torch.no_grad():
        network.entropy.head_left.bias[-1] += 0.5
    with pytest.raises(DamagedStream, match="other distributions here than where they were written"):
        decoder_of(network).decode(made.stream, (64, 64), LEFT, RIGHT)


def test_the_tables_are_the_same_in_float32_almost() -> None:
    """Float64 leaves a margin of ten digits: what float32 changes, other machines and threads do not."""
    network = busy_codec()
    made = PairEncoder(network).encode(pictures(), LEFT, RIGHT)
    nearby = decoder_of(network)
    with torch.no_grad():
        for parameter in nearby.entropy.parameters():
            parameter.mul_(1 + 1e-14)
    found = nearby.decode(made.stream, (64, 64), LEFT, RIGHT)
    np.testing.assert_array_equal(found[1], made.images[1])


def test_numbers_that_are_not_finite_are_refused() -> None:
    network = busy_codec()
    with torch.no_grad():
        network.entropy.head_left.bias[0] = float("nan")
    with pytest.raises(ValueError, match="gives numbers that are not finite"):
        PairEncoder(network).encode(pictures(), LEFT, RIGHT)


def test_streams_of_no_encoder_are_refused() -> None:
    coder = decoder_of(busy_codec())
    for stream in (b"", b"abc"):
        with pytest.raises(DamagedStream, match="a stream has at least 4 bytes"):
            coder.decode(stream, (64, 64), LEFT, RIGHT)
    with pytest.raises(DamagedStream, match="whole 32-bit words, got 3 bytes"):
        coder.decode(b"abcdefg", (64, 64), LEFT, RIGHT)


def test_weights_come_back_within_half_a_step_of_their_row() -> None:
    tensors = busy_codec().state_dict()
    tensors["none"] = torch.zeros(3, 4)
    for bits in (4, 6, 8):
        data = packed(tensors, bits)
        found = unpacked(data)
        assert found.keys() == tensors.keys()
        for name, tensor in tensors.items():
            if tensor.ndim < 2:
                assert torch.equal(found[name], tensor)
                continue
            rows = tensor.reshape(len(tensor), -1)
            half = rows.abs().amax(1) / (2 ** (bits - 1) - 1) / 2
            away = (found[name].reshape(len(tensor), -1) - rows).abs().amax(1)
            assert (away <= half * (1 + 1e-3)).all(), name
        n_weights = sum(tensor.numel() for tensor in tensors.values() if tensor.ndim > 1)
        assert len(data) < 1.15 * n_weights * bits / 8 + 20_000
    once = rounded(tensors, 8)
    for name, tensor in rounded(once, 8).items():
        torch.testing.assert_close(tensor, once[name], rtol=1e-6, atol=0)


def test_damaged_weights_are_refused() -> None:
    data = packed({"a": torch.ones(3, 4), "b": torch.ones(2)})
    for wrong in (b"", data[:3], data[:10], b"\xff" + data[1:], data[:6] + b"\x00" + data[7:]):
        with pytest.raises(DamagedStream, match="damaged weights"):
            unpacked(wrong)
    with pytest.raises(ValueError, match="weights must have 2 to 8 bits, got 1"):
        packed({}, 1)
    with pytest.raises(ValueError, match="weights must be finite, a has others"):
        packed({"a": torch.tensor([[float("inf")]])})
