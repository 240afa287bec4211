"""Learning a codec: fact 20 of FCNR, exact resumption, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from image_databases import TINY, database

from stsr_core.imagecodec.network.configuration import CodecConfig
from stsr_core.imagecodec.network.stereo_codec import StereoCodec, rate_distortion
from stsr_core.imagecodec.padding import to_tensor
from stsr_core.imagecodec.pairs import pairs_of, parameters
from stsr_core.imagecodec.training import codec_file
from stsr_core.imagecodec.training.recipe import RECIPES, CodecRecipe
from stsr_core.imagecodec.training.runs import fit, resume, train
from stsr_core.model.container import CheckpointError
from stsr_core.training.session import Session

QUICK = replace(RECIPES["small"], minutes=None, epochs=2)


def loss_of(network: StereoCodec, images, pairs, trade_off: float) -> float:
    """Mean over pairs, of the symbols that would be written."""
    total = 0.0
    for pair in pairs:
        truth = (to_tensor(images.read(pair.left)), to_tensor(images.read(pair.right)))
        places = [torch.tensor([parameters(r, images.times)]) for r in (pair.left, pair.right)]
        with torch.no_grad():
            coded = network.eval()(truth, *places)
        error = sum((a - b).square().mean() for a, b in zip(coded.images, truth, strict=True)) / 2
        total += float(rate_distortion(coded.bits_per_pixel(), 255**2 * error, trade_off))
    return total / len(pairs)


def test_fact_20_the_loss_falls_by_a_fifth_in_a_hundred_steps(tmp_path) -> None:
    images = database(tmp_path / "eight.cdb", n_times=1, n_views=8)
    recipe = CodecRecipe(learning_rate=2e-3, subset="all", epochs=25)
    torch.manual_seed(0)
    network = StereoCodec(CodecConfig("fcnr", channels=24, latents=6))
    pairs = pairs_of(images.records)
    before = loss_of(network, images, pairs, recipe.trade_off)
    session = Session({}, seed=0, epochs=25)
    train(network, images, recipe, session)
    assert (len(pairs), session.step) == (4, 100)
    assert loss_of(network, images, pairs, recipe.trade_off) < 0.8 * before


def test_a_stopped_run_goes_on_exactly(balls, tmp_path) -> None:
    """Crops, noise, order and moments are those of a run that was not stopped."""
    recipe = replace(QUICK, crop=32, batch_pairs=2)
    whole = fit(balls, tmp_path / "whole.stsr", configuration=TINY, recipe=recipe, device="cpu", seed=4)
    asked = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) == 5

    part = tmp_path / "part.stsr"
    fit(balls, part, configuration=TINY, recipe=recipe, device="cpu", seed=4, should_stop=stop)
    header = codec_file.read_header(part)
    assert header.training is not None and header.training["step"] == 5
    finished = resume(part, balls, device="cpu")
    assert codec_file.read_header(part).training is None
    for name, tensor in whole.state_dict().items():
        assert torch.equal(finished.state_dict()[name], tensor), name
    with pytest.raises(ValueError, match="nothing to resume, the training run is finished"):
        resume(part, balls)


def test_other_images_are_no_way_to_go_on(balls, tmp_path) -> None:
    path = tmp_path / "part.stsr"
    fit(balls, path, configuration=TINY, recipe=QUICK, device="cpu", should_stop=lambda: True)
    other = database(tmp_path / "other.cdb", n_times=1, n_views=4, size=32)
    with pytest.raises(ValueError, match=r"cannot resume, .*other\.cdb does not list the images"):
        resume(path, other)


def test_the_file_says_what_was_learned_and_how(balls, codec) -> None:
    header, network = codec_file.load(codec)
    assert header.config == network.config == CodecConfig("fcnr", least_scale=0.02, **TINY)
    assert (header.images["images"], header.images["times"], header.images["views"]) == (24, 2, 12)
    run = header.history[0]
    assert run["recipe"]["pairing"] == "paper" and run["epochs"] == 4 and run["seed"] == 0
    assert {"stsr", "torch"} <= set(run["versions"])


def test_a_codec_begins_with_another_of_its_kind(balls, codec, tmp_path) -> None:
    path, before = tmp_path / "next.stsr", codec_file.load(codec)
    coarse = replace(QUICK, trade_off=0.001)

    def begun() -> bool:
        return True

    fit(balls, path, configuration=TINY, recipe=coarse, start=codec, device="cpu", should_stop=begun)
    header, network = codec_file.load(path)
    # One step of the warm-up's small rate lies between the two.
    for name, tensor in before[1].state_dict().items():
        torch.testing.assert_close(network.state_dict()[name], tensor, atol=1e-2, rtol=0)
    resume(path, balls, device="cpu")
    header = codec_file.read_header(path)
    assert [run["recipe"]["trade_off"] for run in header.history] == [0.01, 0.001]
    with pytest.raises(
        ValueError, match=r"is a codec of CodecConfig.*latents=4.*, expected one of .*latents=2"
    ):
        fit(balls, configuration={"channels": 12, "latents": 2}, start=codec)


def test_the_decoder_begins_with_the_mean_colour(balls) -> None:
    network = fit(balls, configuration=TINY, recipe=QUICK, device="cpu", should_stop=lambda: True)
    means = [to_tensor(balls.read(record)).mean() for record in balls.records]
    assert network.decoder[-1].left.bias.mean().item() == pytest.approx(
        torch.stack(means).mean().item(), abs=0.02
    )


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"trade_off": 0}, "trade_off must be > 0, got 0"),
        ({"crop": 40}, "crop must be a multiple of 32, got 40"),
        ({"pairing": "far"}, "pairing must be one of paper, nearest, time, got 'far'"),
        ({"subset": "half"}, "subset must be one of all, paper, got 'half'"),
        ({"epochs": 0}, "epochs must be >= 1, got 0"),
        ({"minutes": -1}, "minutes must be a finite number > 0, got -1"),
    ],
)
def test_bad_recipes_are_refused(entries, words) -> None:
    with pytest.raises(ValueError, match=words):
        CodecRecipe(**entries)


def test_bad_requests_are_refused(balls, codec, tmp_path) -> None:
    with pytest.raises(ValueError, match="size must be one of paper, small, got 'huge'"):
        fit(balls, size="huge")
    with pytest.raises(ValueError, match="a codec has no entry 'width'"):
        fit(balls, configuration={"width": 3})
    with pytest.raises(FileExistsError, match="exists; choose another output"):
        fit(balls, codec)
    with pytest.raises(ValueError, match=r"must end in \.stsr"):
        fit(balls, tmp_path / "a.pt")


def test_a_model_of_another_kind_is_refused(tmp_path) -> None:
    from stsr_core.model.container import Content, write

    write(tmp_path / "field.stsr", Content("field"), {}, {"a": torch.zeros(1)})
    with pytest.raises(
        CheckpointError, match="expected a model that holds a stereo codec, found one that holds"
    ):
        codec_file.load(tmp_path / "field.stsr")
