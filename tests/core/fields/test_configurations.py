"""Every entry of every configuration and recipe is checked: the sentence names entry, rule and value."""

import re
from dataclasses import fields

import numpy as np
import pytest
from models import blob_series

from stsr_core.fields import KINDS, Recipe, create
from stsr_core.model import checkpoint
from stsr_core.sampling import KeptSamples

NAN, INF = float("nan"), float("inf")
#: What builds in no time, and every entry of which is then changed.
SMALL = {
    "modulated_siren": {"width": 8, "depth": 2, "latent_length": 3},
    "stsr_inr": {"widths": [8, 8, 8], "depth": 1, "latent_length": 3},
    "coordnet": {"widths": [8], "depth": 1},
    "stnet": {"width_multiplier": 1 / 16},
}


@pytest.fixture(scope="module")
def domain():
    """Of which every kind of field can be made."""
    return KeptSamples.read(blob_series(), 4, 3).domain


def entries(kind, domain):
    return create(kind, domain, SMALL.get(kind)).configuration()


def wrong_types(value):
    """Values that no entry of the type of ``value`` can have."""
    yield from (None, [], NAN, INF)
    if not isinstance(value, dict):
        yield {}
    if isinstance(value, bool):
        yield from (1, 0.0, "true")
    elif isinstance(value, int):
        yield from (True, 2.0, 1.5, "2")
    elif isinstance(value, float):
        yield from (True, "0.5", "x", 10**400)
    elif isinstance(value, str):
        yield from (1, True, "unheard_of")
    else:
        yield from ([True] * len(value), [1.5] * len(value), ["8"] * len(value), 8, "888")


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_types_and_numbers_that_are_none(kind, domain):
    configuration = entries(kind, domain)
    for name, value in configuration.items():
        for wrong in wrong_types(value):
            with pytest.raises(ValueError, match=rf"^{name} must .+, got "):
                create(kind, domain, {**configuration, name: wrong})


OUT_OF_RANGE = [
    ("modulated_siren", "width", 0, "must be >= 1, got 0"),
    ("modulated_siren", "width", -3, "must be >= 1, got -3"),
    ("modulated_siren", "depth", 0, "must be >= 1, got 0"),
    ("modulated_siren", "first_omega", 0.0, "must be > 0, got 0.0"),
    ("modulated_siren", "hidden_omega", 0, "must be > 0, got 0"),
    ("modulated_siren", "hidden_omega", -30, "must be > 0, got -30"),
    ("modulated_siren", "time_ratio", -0.5, "must be >= 0, got -0.5"),
    ("modulated_siren", "latent_length", 0, "must be >= 1, got 0"),
    ("modulated_siren", "wide_noise", 1.5, "must lie in [0, 1], got 1.5"),
    ("modulated_siren", "kld_weight", -1e-3, "must be >= 0, got -0.001"),
    ("modulated_siren", "kld_weight", "x", "must be a finite number >= 0, got 'x'"),
    ("modulated_siren", "latent_log_variance", NAN, "must be a finite number, got nan"),
    ("stsr_inr", "heads", 6, "must be a power of two, got 6"),
    ("stsr_inr", "heads", 0, "must be a power of two, got 0"),
    ("stsr_inr", "depth", -1, "must be >= 0, got -1"),
    ("stsr_inr", "latent_length", 0, "must be >= 1, got 0"),
    ("stsr_inr", "widths", [8, 8, 0], "must be three numbers >= 1, got (8, 8, 0)"),
    ("stsr_inr", "kld_weight", -1, "must be >= 0, got -1"),
    ("stsr_inr", "final", "relu", "must be one of tanh, sine, got 'relu'"),
    ("coordnet", "widths", [8, 0], "must be numbers >= 1, at least one, got (8, 0)"),
    ("coordnet", "depth", -1, "must be >= 0, got -1"),
    ("coordnet", "omega", -1, "must be > 0, got -1"),
    ("stnet", "width_multiplier", 0, "must be > 0, got 0"),
    ("stnet", "crop", 0, "must be >= 1, got 0"),
    ("voxelmorph", "profile", "slow", "must be one of fast, paper, got 'slow'"),
    ("voxelmorph", "step", 3, "must be 1 or 2, got 3"),
    ("voxelmorph", "encoder", [8, 0], "must be numbers >= 1, at least one, got (8, 0)"),
    (
        "voxelmorph",
        "decoder",
        [8, 8],
        "must have at least 3 numbers to come back from 4 layers of the encoder, got (8, 8)",
    ),
    ("voxelmorph", "smoothness", -1, "must be >= 0, got -1"),
    ("uvi_net", "both_ends", False, "must be true for uvi_net, got False"),
    ("uvi_net", "cycle", -0.5, "must be >= 0, got -0.5"),
    ("uvi_net", "refinement", [8], "must have at least 3 numbers for 2 numbers of features, got (8,)"),
    ("spatime_inr", "profile", "slow", "must be one of fast, stable, paper, got 'slow'"),
    ("spatime_inr", "first_omega", 0, "must be > 0, got 0"),
    ("spatime_inr", "samples_per_axis", 1, "must be >= 2, got 1"),
    ("spatime_inr", "rendering", "eq8", "must be none with the sine network, got 'eq8'; network=relu has it"),
    ("spatime_inr", "latent", True, "must be False with the sine network, got True; network=relu has it"),
    ("spatime_inr", "rehearsal_steps", -1, "must be >= 0, got -1"),
    ("spatime_inr", "n_fine", 4, "must be 0 without rendering, got 4"),
    ("arssr", "depth", 1, "must be >= 2, got 1"),
    ("saint", "crop", 1, "must be >= 2, got 1"),
    ("tricubic_linear", "kernel", "nearest", "must be one of bspline, catmull_rom, got 'nearest'"),
    ("cubic", "edge", "wrap", "must be one of replicate, linear, got 'wrap'"),
]


@pytest.mark.parametrize(("kind", "name", "value", "words"), OUT_OF_RANGE)
def test_values_out_of_range(kind, name, value, words, domain):
    with pytest.raises(ValueError, match=f"^{name} {re.escape(words)}$"):
        create(kind, domain, {**entries(kind, domain), name: value})


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_entries_are_named(kind, domain):
    with pytest.raises(ValueError, match=f"^{kind}: .*'colour'"):
        create(kind, domain, {"colour": 1})


def test_numbers_of_numpy_are_plain_numbers_in_the_file(domain, tmp_path):
    given = {"width": np.int64(8), "depth": np.uint8(2), "hidden_omega": np.float32(12.5), "latent_length": 3}
    field = create("modulated_siren", domain, given)
    checkpoint.save(tmp_path / "m.stsr", checkpoint.Header(field.kind, field.configuration(), domain), field)
    again = checkpoint.read_header(tmp_path / "m.stsr").configuration
    assert {name: again[name] for name in given} == {
        "width": 8,
        "depth": 2,
        "hidden_omega": 12.5,
        "latent_length": 3,
    }


BAD_RECIPES = [
    ("optimizer", "sgd", "must be one of muon, adam, amsgrad, got 'sgd'"),
    ("optimizer", None, "must be one of muon, adam, amsgrad, got None"),
    ("schedule", "step", "must be one of constant, cosine, linear, log_linear, got 'step'"),
    ("learning_rate", 0, "must be > 0, got 0"),
    ("learning_rate", -1e-3, "must be > 0, got -0.001"),
    ("learning_rate", "fast", "must be a finite number > 0, got 'fast'"),
    ("learning_rate", NAN, "must be a finite number > 0, got nan"),
    ("betas", (0.9, 1.0), "must be two numbers in [0, 1), got (0.9, 1.0)"),
    ("betas", (-0.1, 0.9), "must be two numbers in [0, 1), got (-0.1, 0.9)"),
    ("betas", (0.9,), "must be two numbers in [0, 1), got (0.9,)"),
    ("betas", 0.9, "must be two numbers in [0, 1), got 0.9"),
    ("weight_decay", -1e-6, "must be >= 0, got -1e-06"),
    ("batch_rows", 0, "must be >= 1, got 0"),
    ("batch_rows", -5, "must be >= 1, got -5"),
    ("batch_rows", 512.0, "must be a whole number >= 1, got 512.0"),
    ("warm_up", 1, "must be a number in [0, 1), got 1"),
    ("warm_up", -0.1, "must be a number in [0, 1), got -0.1"),
    ("epochs", 0, "must be >= 1, got 0"),
    ("epochs", 1.5, "must be a whole number >= 1, got 1.5"),
    ("epochs", True, "must be a whole number >= 1, got True"),
    ("minutes", 0, "must be a finite number > 0, got 0"),
    ("minutes", INF, "must be a finite number > 0, got inf"),
    ("minutes", "3", "must be a finite number > 0, got '3'"),
]


@pytest.mark.parametrize(("name", "value", "words"), BAD_RECIPES)
def test_recipes(name, value, words):
    with pytest.raises(ValueError, match=f"^{name} {re.escape(words)}$"):
        Recipe(**{name: value})


def test_every_entry_of_a_recipe_is_checked():
    assert {name for name, _, _ in BAD_RECIPES} == {f.name for f in fields(Recipe)}
