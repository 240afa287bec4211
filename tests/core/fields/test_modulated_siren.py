"""The default field."""

import math

import pytest
import torch
from models import QUICK, SMALL, blob_series, small_siren

from stsr_core.fields import modulated_siren
from stsr_core.fields.modulated_siren import ModulatedSiren
from stsr_core.model import checkpoint
from stsr_core.precision import processor_flags
from stsr_core.training import fit


@pytest.mark.parametrize(
    "change",
    [
        {"width": 40},
        {"depth": 4},
        {"first_omega": 3.0},
        {"time_ratio": 1.0},
        {"hidden_omega": 12.0},
        {"latent_length": 5},
    ],
)
def test_every_architecture_entry_changes_the_network(change):
    coordinates = torch.linspace(-1, 1, 40).view(10, 4)
    outputs = []
    for field in (small_siren(), small_siren(**change)):
        outputs.append(field(coordinates, field.latent("a")))
    assert not torch.allclose(*outputs)


def test_unknown_configuration_is_an_error():
    with pytest.raises(TypeError, match="omega_zero"):
        small_siren(omega_zero=3)


def test_noise_and_divergence_follow_the_configuration():
    generator = torch.Generator().manual_seed(0)
    for variational in (True, False):
        field = small_siren(variational=variational, latent_log_variance=-1.0)
        batch = (torch.zeros(4, 4), torch.zeros(4), None, generator)
        assert (field.loss(0, *batch) == field.loss(0, *batch)).item() is (not variational)
        assert (field.epoch_penalty() is None) is (not variational)
    half, whole = (small_siren(kld_weight=w).epoch_penalty() for w in (0.5, 1.0))
    torch.testing.assert_close(2 * half, whole)


def test_the_noise_of_several_variables_falls_to_its_own_value():
    for names, widths in (
        (("a", "b"), [1.0, math.exp(-2.0), math.exp(-4.0), math.exp(-4.0)]),
        (("a",), 4 * [math.exp(-4.0)]),
    ):
        field = small_siren(names, latent_log_variance=-8.0, wide_noise=0.5)
        for progress, width in zip((0.0, 0.25, 0.5, 1.0), widths, strict=True):
            draws = [field.drawn(0, torch.Generator().manual_seed(i), progress) for i in range(200)]
            assert torch.stack(draws).sub(field.latent("a")).std().item() == pytest.approx(width, rel=0.05)
    with pytest.raises(ValueError, match=r"wide_noise must lie in \[0, 1\], got 2"):
        small_siren(wide_noise=2)


def test_folded_modulation_equals_the_written_formula():
    field = small_siren(("a", "b"))
    coordinates = torch.rand(50, 4) * 2 - 1
    latent = field.latent("b")
    h = coordinates
    for i, layer in enumerate(field.layers):
        omega = 10.0 if i == 0 else 30.0
        h = torch.sin(omega * ((1 + field.gains[i](latent)) * layer(h) + field.shifts[i](latent)))
    torch.testing.assert_close(field(coordinates, latent), field.output(h).squeeze(-1), atol=2e-5, rtol=0)


def test_the_sampler_equals_the_network_row_by_row():
    field = small_siren()
    axes = tuple(torch.linspace(-1, 1, n) for n in (2, 3, 4, 5))
    rows = torch.cartesian_prod(*axes)
    with torch.inference_mode():
        values = field.sampler(field.latent("a"))(axes)
        torch.testing.assert_close(values.flatten(), field(rows, field.latent("a")), atol=1e-6, rtol=0)
    assert values.shape == (2, 3, 4, 5)


def test_modulation_starts_at_zero_and_gradients_reach_every_parameter():
    field = ModulatedSiren(small_siren().domain, width=32, depth=3, latent_length=8)
    coordinates = torch.rand(20, 4)
    first, second = (field(coordinates, torch.full((8,), v)) for v in (0.0, 5.0))
    torch.testing.assert_close(first, second)
    field = small_siren()
    field.loss(0, coordinates, torch.rand(20), None, torch.Generator()).backward()
    assert all(p.grad is not None and p.grad.any() for p in field.parameters())


def test_parameter_groups_hold_every_parameter_once():
    field = small_siren()
    groups = field.parameter_groups()
    ids = [id(p) for group in groups.values() for p in group]
    assert len(ids) == len(set(ids)) == len(list(field.parameters()))
    assert all(p.ndim == 2 and p.any() for p in groups["matrices"])


@pytest.fixture
def multiplies(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor that has instructions for bfloat16; without, the same numbers come slower."""
    monkeypatch.setattr(modulated_siren, "multiplies_bfloat16", lambda device: True)


def sampled(field):
    axes = tuple(torch.linspace(-1, 1, n) for n in (3, 9, 9, 9))
    with torch.inference_mode():
        return field.sampler(field.latent("a"))(axes)


def test_hidden_layers_are_rounded_where_that_is_a_tenth_of_the_error_at_most(multiplies):
    exact = sampled(small_siren())  # it was never trained, and knows no error of its own
    trained = small_siren()
    trained.kept_error.fill_(1.0)
    rounded = sampled(trained)
    error = (rounded - exact).square().mean()
    assert 0 < error < 0.01
    again = small_siren()
    again.kept_error.fill_(float(50 * error))
    assert torch.equal(sampled(again), exact)


def test_without_such_instructions_nothing_is_rounded(monkeypatch):
    monkeypatch.setattr(modulated_siren, "multiplies_bfloat16", lambda device: False)
    field = small_siren()
    exact = sampled(field)
    field.kept_error.fill_(1.0)
    assert torch.equal(sampled(field), exact)


def test_instructions_are_read_from_what_linux_tells(tmp_path):
    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16\n\nprocessor\t: 1\nflags\t\t: fpu\n")
    assert processor_flags(str(told)) >= {"avx512_bf16", "fpu"}
    assert processor_flags(str(tmp_path / "nothing")) == frozenset()


def test_the_error_of_training_rows_travels_with_the_model(tmp_path):
    path = tmp_path / "m.stsr"
    field = fit(blob_series(), path, field="modulated_siren", configuration=SMALL, recipe=QUICK)
    assert 0 < field.kept_error < 0.5  # values lie in [−1, 1]
    assert checkpoint.load(tmp_path / "m.stsr").kept_error == field.kept_error
    old = field.state_dict()
    del old["kept_error"]
    before = small_siren()
    before.load_state_dict(old)
    assert before.kept_error == 0
