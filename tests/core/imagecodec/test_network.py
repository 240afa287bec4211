"""The stereo codec against its specification: facts 1, 2, 8 to 10, 14 and 16 to 19 of FCNR."""

from __future__ import annotations

import pytest
import torch

from stsr_core.imagecodec.network.configuration import METHODS, CodecConfig, config_of
from stsr_core.imagecodec.network.cross_attention import CrossAttention
from stsr_core.imagecodec.network.joint_context import EfficientAttention, JointContextTransfer
from stsr_core.imagecodec.network.stereo_codec import Coded, DecodingNetworks, StereoCodec, rate_distortion

SMALL = {"channels": 24, "latents": 6}
#: Fact 1 and the table of section 8.
COUNTS = {
    "fcnr": 21_651_462,
    "ecsic": 25_742_502,
    "jct_only": 21_595_782,
    "pe_only": 25_798_182,
    "stereo": 5_171_526,
}


def n_parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture(scope="module")
def codec() -> StereoCodec:
    """A small codec whose latents are not all zero: the last layers before them are larger."""
    torch.manual_seed(3)
    network = StereoCodec(CodecConfig("fcnr", **SMALL)).eval()
    with torch.no_grad():
        for part in (network.encoder, network.hyper_encoder):
            for layer in (part[-1].left, part[-1].right):
                layer.weight.mul_(60)
        network.entropy.hyper_context.layers[-1].weight.mul_(20)
    return network


@pytest.fixture(scope="module")
def images() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    left, right = torch.rand(2, 1, 3, 64, 64, generator=generator)
    return left, right


def places(*values: float) -> torch.Tensor:
    return torch.tensor([values])


LEFT, RIGHT = places(0.5, 0.25, 0.75), places(0.5, 0.25, 0.1)


@pytest.mark.parametrize("method", METHODS)
def test_facts_1_and_18_parameters_of_the_five_models(method: str) -> None:
    with torch.device("meta"):
        assert n_parameters(StereoCodec(CodecConfig(method))) == COUNTS[method]


def test_fact_1_parameters_of_the_parts() -> None:
    with torch.device("meta"):
        codec = StereoCodec(CodecConfig("fcnr"))
        assert n_parameters(JointContextTransfer(192)) == 3_086_304
        assert n_parameters(CrossAttention(192)) == 3_915_648
    entropy = codec.entropy
    parts = (codec.encoder, codec.decoder, codec.hyper_encoder, entropy.hyper_decoder)
    assert [n_parameters(part) for part in parts] == [3_922_560, 4_592_358, 4_083_648, 3_917_664]
    assert [n_parameters(part) for part in (entropy.head_left, entropy.head_right)] == [165_984, 331_968]
    assert n_parameters(entropy.hyper_context) == 747_360
    assert n_parameters(entropy.latent_context) == 83_136 + 192 + 331_968 + 192 + 3_086_304 + 384 + 331_872
    assert n_parameters(entropy.prior.left) == n_parameters(entropy.prior.right) == 27_936


def test_what_decoding_needs_is_a_part_by_the_same_names() -> None:
    with torch.device("meta"):
        part, whole = DecodingNetworks(CodecConfig("fcnr")), StereoCodec(CodecConfig("fcnr"))
    assert n_parameters(part) == COUNTS["fcnr"] - 3_922_560 - 4_083_648 == 13_645_254
    assert set(part.state_dict()) < set(whole.state_dict())


def test_fact_2_shapes(images) -> None:
    codec = StereoCodec(CodecConfig("fcnr", channels=24, latents=48)).eval()
    latents = codec.latents(images)
    assert latents.y[0].shape == latents.y[1].shape == (1, 48, 8, 8)
    assert latents.z[0].shape == latents.z[1].shape == (1, 48, 2, 2)
    prior, _ = codec.entropy.prior(LEFT, RIGHT)
    assert prior.location.shape == prior.scale.shape == (1, 48, 1, 1)
    right = codec.entropy.hyper_context(latents.z[0], prior)
    assert right.location.shape == right.scale.shape == (1, 48, 2, 2)
    assert right.scale.min() >= 0
    coded = codec(images, LEFT, RIGHT)
    assert coded.images[0].shape == coded.images[1].shape == (1, 3, 64, 64)


def test_fact_2_sizes_that_32_does_not_divide_are_refused(codec) -> None:
    image = torch.zeros(1, 3, 64, 65)
    with pytest.raises(ValueError, match=r"multiples of 32, got \(64, 65\) and \(64, 65\)"):
        codec.latents((image, image))


def test_fact_8_joint_context_transfer_is_symmetric() -> None:
    torch.manual_seed(0)
    module = JointContextTransfer(24).eval()
    left, right = torch.randn(2, 2, 24, 6, 5)
    first, second = module((left, right))
    swapped = module((right, left))
    torch.testing.assert_close(swapped, (second, first))
    one, other = module((left, left))
    torch.testing.assert_close(one, other)
    assert not torch.allclose(first, second)


def test_fact_8_attention_weights_sum_to_one_and_agree_with_a_loop() -> None:
    torch.manual_seed(0)
    attention = EfficientAttention(24).eval()
    target, source = torch.randn(2, 2, 24, 4, 3)
    keys, queries = attention.weights(target, source)
    assert keys.shape == queries.shape == (2, 2, 2, 12)  # 24 // 6 channels in two heads
    torch.testing.assert_close(keys.sum(3), torch.ones(2, 2, 2))
    torch.testing.assert_close(queries.sum(2), torch.ones(2, 2, 12))
    found = attention(target, source)
    values = attention.values(source)
    for b in range(2):
        heads = []
        for head in range(2):
            value = values[b, 2 * head : 2 * head + 2].flatten(1)
            context = keys[b, head] @ value.T
            heads.append(context.T @ queries[b, head])
        merged = torch.cat(heads).view(1, 4, 4, 3)
        torch.testing.assert_close(found[b], attention.last(merged)[0])


def test_fact_9_the_cost_of_attention_is_linear_in_the_pixels() -> None:
    """Twice the pixels, twice the multiplications; no tensor has (H·W)² entries."""
    from torch.utils.flop_counter import FlopCounterMode

    counts, largest = [], []
    for width in (16, 32):
        x = torch.randn(1, 24, 16, width)
        counter = FlopCounterMode(display=False)
        attention = EfficientAttention(24)
        sizes = []
        for part in (attention.keys, attention.queries, attention.values, attention.last):
            part.register_forward_hook(lambda _, __, out, sizes=sizes: sizes.append(out.numel()))
        with counter:
            attention(x, x)
        counts.append(counter.get_total_flops())
        largest.append(max(sizes))
    assert counts[1] == 2 * counts[0]
    assert largest[1] == 2 * largest[0] == 24 * 16 * 32


def test_fact_10_cross_attention_is_row_local_and_joint_context_is_not() -> None:
    torch.manual_seed(0)
    left, right = torch.randn(2, 1, 24, 5, 6)
    changed = left.clone()
    changed[:, :, 2] += 1
    for module, local in ((CrossAttention(24), True), (JointContextTransfer(24), False)):
        before, after = module((left, right)), module((changed, right))
        for one, other in zip(before, after, strict=True):
            rows = (one - other).abs().amax((0, 1, 3)) > 1e-7
            assert rows[2]
            assert rows.sum() == 1 if local else rows.all()


def test_fact_14_one_bit_for_each_symbol_of_y_is_three_quarters_of_a_bit_per_pixel() -> None:
    image = torch.zeros(1, 3, 64, 64)
    y, z = torch.tensor([48.0 * 8 * 8]), torch.zeros(1)
    coded = Coded((image, image), {"z_left": z, "z_right": z, "y_left": y, "y_right": y})
    assert coded.bits_per_pixel() == 0.75


def test_fact_16_the_loss() -> None:
    loss = rate_distortion(torch.tensor(1.0), torch.tensor(100.0), 0.01)
    assert float(loss) == pytest.approx(1.980198, abs=1e-6)


def latents_and_symbols(codec: StereoCodec, images, left, right) -> tuple[dict, dict]:
    """All latents, and what is taken of them and from which distributions."""
    raw = codec.latents(images)
    named, taken = raw.named(), {}

    def take(name, laplace):
        symbols = (named[name] - laplace.location).round() + laplace.location
        taken[name] = (laplace, symbols)
        return symbols

    codec.entropy.walk(left, right, (2, 2), take)
    return named, taken


@torch.no_grad()
def test_fact_17_what_depends_on_what(codec, images) -> None:
    named, before = latents_and_symbols(codec, images, LEFT, RIGHT)
    same, after = latents_and_symbols(codec, images, LEFT, places(0.5, 0.25, 0.9))
    for name in named:
        assert torch.equal(named[name], same[name])
    assert torch.equal(before["z_left"][0].location, after["z_left"][0].location)
    assert torch.equal(before["z_left"][1], after["z_left"][1])
    for name in ("z_right", "y_left", "y_right"):
        assert not torch.equal(before[name][0].location, after[name][0].location), name
        assert not torch.equal(before[name][1], after[name][1]), name
    _, other = latents_and_symbols(codec, images, places(0.5, 0.9, 0.9), RIGHT)
    for name in named:
        assert not torch.equal(before[name][1], other[name][1]), name
    # The left latents know of the right image, by the cross module of the encoder.
    changed, _ = latents_and_symbols(codec, (images[0], 1 - images[1]), LEFT, RIGHT)
    assert not torch.equal(named["y_left"], changed["y_left"])


def test_fact_18_two_ablations_share_no_module() -> None:
    """JCT-only and PE-only have different names for cross modules and priors alike."""
    joint, positions = (
        set(StereoCodec(CodecConfig(method, **SMALL)).state_dict()) for method in ("jct_only", "pe_only")
    )
    with pytest.raises(RuntimeError, match="Missing key"):
        StereoCodec(CodecConfig("jct_only", **SMALL)).load_state_dict(
            StereoCodec(CodecConfig("pe_only", **SMALL)).state_dict()
        )
    assert {"entropy.prior.location_left"} <= joint - positions
    assert {"entropy.prior.left.0.weight"} <= positions - joint


@torch.no_grad()
def test_fact_19_the_left_image_has_its_own_parameters(codec, images) -> None:
    """The authors' evaluation gave both streams those of the right one."""
    own, wrong = codec(images, LEFT, RIGHT), codec(images, RIGHT, RIGHT)
    assert not torch.allclose(own.images[0], wrong.images[0], atol=1e-6)
    assert float(own.bits["z_left"]) != float(wrong.bits["z_left"])


def test_every_parameter_learns(images) -> None:
    for method in METHODS:
        torch.manual_seed(0)
        codec = StereoCodec(CodecConfig(method, **SMALL)).train()
        coded = codec(images, LEFT, RIGHT)
        error = sum((found - true).square().mean() for found, true in zip(coded.images, images, strict=True))
        rate_distortion(coded.bits_per_pixel(), 255**2 * error, 0.01).backward()
        idle = [name for name, p in codec.named_parameters() if p.grad is None or not p.grad.any()]
        assert not idle, (method, idle)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"method": "jpeg"}, "method must be one of fcnr, ecsic, jct_only, pe_only, stereo, got 'jpeg'"),
        ({"channels": 32}, "channels must be a multiple of 12 or leave at least 4 and an even sixth, got 32"),
        ({"latents": 0}, "latents must be >= 1, got 0"),
        ({"least_scale": 0.0}, r"least_scale must lie in \[0.001, 1\], got 0.0"),
        ({"depth": 3}, "a codec has no entry 'depth'; it has method, channels"),
    ],
)
def test_bad_configurations_are_refused(entries, words) -> None:
    with pytest.raises(ValueError, match=words):
        config_of(entries)


def test_each_entry_of_the_configuration_changes_the_network() -> None:
    base = CodecConfig("fcnr", **SMALL)
    for entries in ({"channels": 36}, {"latents": 8}, {"frequencies": 4}):
        assert n_parameters(StereoCodec(config_of({**vars(base), **entries}))) != n_parameters(
            StereoCodec(base)
        )
    torch.manual_seed(0)
    one = StereoCodec(base)
    torch.manual_seed(0)
    other = StereoCodec(config_of({**vars(base), "frequency_base": 2.0}))
    assert not torch.equal(
        one.entropy.prior(LEFT, RIGHT)[0].location, other.entropy.prior(LEFT, RIGHT)[0].location
    )
