"""The latent table: divergence against closed-form numbers, noise per row, nothing trained but μ."""

from __future__ import annotations

import math

import pytest
import torch

from stsr_core.fields.embedding import VariationalEmbedding


def table(rows: list[list[float]], **keywords: float) -> VariationalEmbedding:
    embedding = VariationalEmbedding(len(rows), len(rows[0]), **keywords)
    with torch.no_grad():
        embedding.mu.copy_(torch.tensor(rows))
    return embedding


def test_divergence_of_one_variable() -> None:
    assert table([[1.0, -2.0, 0.5]]).kld().item() == pytest.approx(2.6250007503, abs=1e-10)


def test_divergence_per_dimension_at_zero_mean() -> None:
    assert table([[0.0]]).kld().item() == pytest.approx(2.50083e-7, rel=1e-5)


def test_divergence_of_two_variables_summed_and_divided() -> None:
    embedding = table([[1.0, 0.0], [0.0, 2.0]])
    assert embedding.kld("sum").item() == pytest.approx(2.5000010, abs=1e-7)
    assert embedding.kld("mean").item() == pytest.approx(1.2500005, abs=1e-7)
    assert 1e-3 * embedding.kld().item() == pytest.approx(1.2500005e-3, abs=1e-10)


def test_divergence_of_a_full_table_at_zero_mean() -> None:
    assert table([[0.0] * 256] * 4).kld().item() == pytest.approx(6.40213e-5, rel=1e-5)


def test_divergence_pulls_every_mean_towards_zero() -> None:
    embedding = table([[1.0, -2.0, 0.5]])
    embedding.kld("sum").backward()
    torch.testing.assert_close(embedding.mu.grad, embedding.mu.detach())


def test_start_and_standard_deviation() -> None:
    embedding = VariationalEmbedding(64, 256)
    assert embedding.mu.std().item() == pytest.approx(1 / 16, rel=0.03)
    assert math.exp(0.5 * embedding.log_variance[0, 0].item()) == pytest.approx(1.000500125, abs=1e-7)


def test_noise_is_drawn_for_each_row() -> None:
    embedding = table([[0.0] * 64, [3.0] * 64])
    sample = embedding.sample(1, 2000, torch.Generator().manual_seed(1))
    assert sample.shape == (2000, 64)
    assert sample.mean().item() == pytest.approx(3.0, abs=0.02)
    assert sample.std().item() == pytest.approx(1.0005, abs=0.02)
    assert not torch.equal(sample[0], sample[1])


def test_a_generator_repeats_the_noise() -> None:
    embedding = VariationalEmbedding(1, 8)
    first, again = (embedding.sample(0, 5, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, embedding.sample(0, 5, torch.Generator().manual_seed(4)))


def test_the_mean_has_no_noise_and_an_auto_decoder_none_either() -> None:
    embedding = VariationalEmbedding(2, 8, variational=False)
    assert torch.equal(embedding.mean(1), embedding.mu[1])
    assert torch.equal(embedding.sample(1, 3), embedding.mu[1].expand(3, -1))


def test_only_the_mean_is_trained() -> None:
    embedding = VariationalEmbedding(2, 8)
    assert [name for name, _ in embedding.named_parameters()] == ["mu"]
    embedding.sample(0, 3).square().sum().backward()
    assert embedding.mu.grad is not None and not embedding.log_variance.requires_grad
    assert set(embedding.state_dict()) == {"mu", "log_variance"}


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"n_variables must be >= 1, got 0"):
        VariationalEmbedding(0, 8)
    with pytest.raises(ValueError, match=r"latent length must be >= 1, got 0"):
        VariationalEmbedding(1, 0)
    with pytest.raises(ValueError, match=r"kld_reduction must be 'mean' or 'sum', got 'max'"):
        VariationalEmbedding(1, 8).kld("max")
