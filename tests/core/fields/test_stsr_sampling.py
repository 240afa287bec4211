"""Sampling STSR-INR anywhere, against a literal reassembly of its blocks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from stsr_domains import SMALL, lively, one_domain, variable

from stsr_core.coordinates import Domain
from stsr_core.fields.stsr_inr import StsrInr
from stsr_core.fields.stsr_inr.network import StsrNetwork
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint


def literal_full_grid(field: StsrInr, name: str, times: list[float]) -> np.ndarray:
    """All nodes of every block through the plain network, joined in pairs, without padding and overhang."""
    domain = field.domain.variable(name)
    scale = round(domain.grid.spacing[0] / domain.full_grid.spacing[0])
    n_splits = field.config.heads.bit_length() - 1
    block, pads = list(domain.grid.shape), []
    for split in range(n_splits):
        axis = 2 - split % 3
        pads.append(block[axis] % 2)
        block[axis] = (block[axis] + block[axis] % 2) // 2
    full_block = [n * scale for n in block]
    local = [torch.linspace(-1, 1, n) if n > 1 else torch.zeros(1) for n in full_block]
    steps = []
    for time in times:
        grid = torch.meshgrid(torch.tensor([time]), *local, indexing="ij")
        coordinates = torch.stack([g.reshape(-1) for g in grid], -1)
        outputs = field.network(coordinates, field.latent(name).expand(len(coordinates), -1)).detach().numpy()
        blocks = [outputs[:, head].reshape(full_block) for head in range(outputs.shape[1])]
        for split in reversed(range(n_splits)):
            axis = 2 - split % 3
            pairs = zip(blocks[::2], blocks[1::2], strict=True)
            blocks = [np.concatenate(pair, axis=axis) for pair in pairs]
            if pads[split]:
                drop = [slice(None)] * 3
                drop[axis] = slice(scale, None)
                blocks = [b[tuple(drop)] for b in blocks]
        z, y, x = domain.full_grid.shape
        steps.append(blocks[0][:z, :y, :x])
    return np.stack(steps)


@pytest.mark.parametrize("heads", [1, 2, 8, 64])
@pytest.mark.parametrize(
    ("shape", "scale"), [((8, 8, 8), 2), ((5, 6, 7), 1), ((7, 9, 10), 2), ((12, 20, 9), 4), ((1, 5, 3), 1)]
)
def test_full_grid_equals_the_literal_reassembly(shape: tuple[int, int, int], scale: int, heads: int) -> None:
    field = lively(StsrInr(one_domain(shape, scale), heads=heads, **SMALL))
    values = evaluate(field, Grid(shape), [0.0, 3.0], "a", device="cpu")
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, literal_full_grid(field, "a", [-1.0, 0.5]), rtol=0, atol=1e-5)
    assert heads == 1 or values.std() > 0.01


def test_result_does_not_depend_on_the_tile() -> None:
    field = lively(StsrInr(one_domain((7, 9, 10), 2), **SMALL))
    whole, tiled = (
        evaluate(field, Grid((7, 9, 10)).refined(1.5), [0.5, 1.0], "a", device="cpu", tile=tile)
        for tile in (10**6, 37)
    )
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=1e-6)


def test_any_position_equals_the_plain_network_at_its_block_and_local_coordinate() -> None:
    field = lively(StsrInr(one_domain((8, 8, 8), 2), **SMALL))
    # Unordered, repeated and outside positions on purpose.
    axes = tuple(
        torch.tensor(a) for a in ([0.3, -1.0], [0.9, -0.2, 0.9], [-1.1, 0.01], [1.0, 0.5, -0.5, 0.02])
    )
    with torch.no_grad():
        values = field.sampler(field.latent("a"))(axes)
    assert values.shape == (2, 3, 2, 4)
    for index in np.ndindex(*values.shape):
        point = [float(axis[i]) for axis, i in zip(axes, index, strict=True)]
        node = [(p + 1) / 2 * 7 for p in point[1:]]
        z, y, x = (int(n > 3.5) for n in node)
        local = [2 * (n - 4 * (n > 3.5)) / 3 - 1 for n in node]
        with torch.no_grad():
            row = field.network(torch.tensor([[point[0], *local]]), field.latent("a"))
        assert values[index].item() == pytest.approx(row[0, 4 * x + 2 * y + z].item(), abs=1e-3)


def test_training_rows_are_what_the_sampler_gives_at_kept_nodes() -> None:
    field = lively(StsrInr(one_domain((7, 9, 10), 2), **SMALL))
    domain = field.domain[0]
    values = torch.zeros(3, *domain.grid.shape)
    kept = evaluate(field, domain.grid, domain.times, "a", device="cpu")
    rows = field.rows(0, torch.from_numpy(kept))
    coordinates, targets, mask = rows.batch(torch.arange(len(rows)))
    assert len(rows) == len(values) * np.prod(field.partitions[0].block)
    with torch.no_grad():
        outputs = field.network(coordinates, field.latent("a"))
    torch.testing.assert_close(outputs[mask], targets[mask], rtol=0, atol=1e-5)


def test_normalised_times_of_a_hundred_steps() -> None:
    field = StsrInr(Domain([variable("a", (2, 2, 2), 1, 100, gap=3)]), heads=1, **SMALL)
    rows = field.rows(0, torch.zeros(25, 2, 2, 2))
    times = rows.batch(torch.arange(0, len(rows), 8))[0][:, 0]
    assert len(times) == 25
    assert times[[0, 1, 24]].tolist() == pytest.approx([-1, -0.919192, 0.939394], abs=1e-6)


def test_cached_modulator_equals_the_uncached_one() -> None:
    network = StsrNetwork()
    coordinates, latent = torch.rand(50, 4) * 2 - 1, torch.randn(256)
    with torch.no_grad():
        cached = network(coordinates, latent)
        uncached = network(coordinates, latent.expand(50, -1))
    torch.testing.assert_close(cached, uncached, rtol=0, atol=1e-6)


def test_inference_repeats_bitwise_and_training_does_not() -> None:
    field = StsrInr(one_domain(), **SMALL)
    first, again = (evaluate(field, Grid((8, 8, 8)), [1.5], "a", device="cpu") for _ in range(2))
    assert np.array_equal(first, again)
    batch = field.rows(0, torch.rand(3, 4, 4, 4)).batch(torch.arange(24))
    generator = torch.Generator().manual_seed(0)
    assert field.loss(0, *batch, generator).item() != field.loss(0, *batch, generator).item()
    plain = StsrInr(one_domain(), variational=False, **SMALL)
    assert plain.loss(0, *batch, generator).item() == plain.loss(0, *batch, generator).item()
    assert plain.epoch_penalty() is None


def test_variables_keep_their_own_partition() -> None:
    domain = Domain([variable("a", (8, 8, 8), 2, 5), variable("b", (5, 6, 9), 1, 4, gap=2)])
    field = lively(StsrInr(domain, **SMALL))
    for name in domain.names:
        values = evaluate(field, domain.variable(name).full_grid, [0.0], name, device="cpu")
        np.testing.assert_allclose(values, literal_full_grid(field, name, [-1.0]), rtol=0, atol=1e-5)


def test_checkpoint_round_trip(tmp_path) -> None:
    field = StsrInr(one_domain((7, 9, 10)), **SMALL)
    header = checkpoint.Header(field.kind, field.configuration(), field.domain)
    checkpoint.save(tmp_path / "model.stsr", header, field)
    again = checkpoint.load(tmp_path / "model.stsr")
    before, after = (evaluate(f, Grid((7, 9, 10)), [1.0], "a", device="cpu") for f in (field, again))
    assert np.array_equal(before, after)
