"""Networks: facts 8–12, 16, 22–24 and what an ablation must change; everything against plain formulas."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from stsr_core.grid import refined_count
from stsr_core.homogenization.attention import attend
from stsr_core.homogenization.axes import bicubic_matrix, bilinear_matrix, cell_centres, cell_of, nodes
from stsr_core.homogenization.configuration import FEATURES, METHODS, PRESETS, Configuration
from stsr_core.homogenization.encodings import gabor
from stsr_core.homogenization.network import Network, parameter_count
from stsr_core.homogenization.rivals import corners
from stsr_core.homogenization.targets import Targets, Windows
from stsr_core.residual_dense import ResidualDenseNetwork

SMALL = Configuration(preset="tiny", cells=12, coarse=3)


def network(**entries) -> Network:
    torch.manual_seed(0)
    return Network(replace(SMALL, **entries)).eval()


def maps(n: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return 10 ** (2 * torch.rand(n, 12, 12, generator=generator)), torch.rand(n, 4, 4, generator=generator)


@torch.no_grad()
def whole(net: Network, count: int) -> torch.Tensor:
    """Predictions (2, count, count) at all nodes of a grid."""
    axis = nodes(count)
    return net(net.prepare(*maps()), Targets(axis, axis, count)).view(2, count, count)


# coordinates ----------------------------------------------------------------------------------------------


def test_fact_8_grids_and_their_common_nodes() -> None:
    assert [refined_count(33, a) for a in (2, 4, 8, 16, 32, 64)] == [65, 129, 257, 513, 1025, 2049]
    assert refined_count(33, 3.7) == 119  # and of fact 16
    coarse = nodes(33)
    assert (coarse[0], coarse[-1]) == (-1, 1)
    for scale in (2, 16, 64):
        np.testing.assert_allclose(nodes(32 * scale + 1)[::scale], coarse, rtol=0, atol=1e-15)


def test_fact_9_an_image_at_its_own_nodes_is_itself() -> None:
    for matrix in (bilinear_matrix, bicubic_matrix):
        np.testing.assert_allclose(matrix(nodes(9), 9), np.eye(9), atol=1e-12)


@pytest.mark.parametrize("method", ["nh_csr", "liif", "lte", "lit"])
def test_fact_9_an_untrained_network_with_a_last_layer_of_zeros_is_bilinear(method: str) -> None:
    net = network(method=method)
    last = net.head.last if method == "nh_csr" else net.head.function[-1]
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.zeros_(last.bias)
    torch.testing.assert_close(whole(net, 10), whole(network(method="bilinear"), 10), rtol=0, atol=1e-6)


def test_interpolation_is_torchs() -> None:
    image = torch.rand(1, 1, 6, 6)
    place = np.linspace(-1, 1, 17)
    grid = torch.cartesian_prod(*[torch.from_numpy(place).float()] * 2).view(1, 17, 17, 2).flip(-1)
    for mode, matrix in (("bilinear", bilinear_matrix), ("bicubic", bicubic_matrix)):
        theirs = torch.nn.functional.grid_sample(
            image, grid, mode=mode, align_corners=True, padding_mode="border"
        )
        along = torch.from_numpy(matrix(place, 6)).float()
        torch.testing.assert_close(along @ image[0, 0] @ along.T, theirs[0, 0], rtol=0, atol=1e-5)


def test_fact_24_bicubic_weights_half_way() -> None:
    half = np.array([0.0])
    np.testing.assert_allclose(bicubic_matrix(half, 4), [[-0.09375, 0.59375, 0.59375, -0.09375]])
    np.testing.assert_allclose(bicubic_matrix(half, 4, -0.5), [[-0.0625, 0.5625, 0.5625, -0.0625]])


# counts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "encoder", "nh_csr"),
    [
        ("B", 21_973_376, 22_714_385),
        ("A", 5_466_496, 6_207_505),
        ("S", 2_657_536, 3_398_545),
        ("tiny", 167_008, 908_017),
    ],
)
def test_fact_10_parameters_of_encoders(preset: str, encoder: int, nh_csr: int) -> None:
    with torch.device("meta"):
        assert parameter_count(ResidualDenseNetwork(2, FEATURES, *PRESETS[preset])) == encoder
    assert nh_csr - encoder == parameter_count(network().head) == 741_009


def test_fact_10_parameters_of_heads() -> None:
    head = network().head
    parts = {name: parameter_count(part) for name, part in head.coarse.named_children()}
    assert parts["query"] + parts["key"] + parts["value"] == 110_784
    assert parts["code"] + parts["bias"] == 4_872
    assert parts["function"] == 296_192
    assert (parameter_count(head.coarse), parameter_count(head.fine)) == (411_848, 328_904)
    assert parameter_count(head.last) == 257
    assert parameter_count(network(shuffle=8).head) == 715_089
    rivals = {"metasr": 149_056, "liif": 346_369, "lte": 493_313, "lit": 5_328_137}
    assert {name: parameter_count(network(method=name).head) for name in rivals} == rivals
    assert parameter_count(network(method="bicubic")) == 0


# codes and attention --------------------------------------------------------------------------------------


def test_fact_11_the_gabor_wavelet() -> None:
    def at(a: float, omega: float, sigma: float) -> float:
        return gabor(torch.tensor(a, dtype=torch.float64), omega, sigma).item()

    assert at(0, 10, 10) == 1
    assert at(0.1, 10, 10) == at(-0.1, 10, 10) == pytest.approx(0.198766, abs=5e-7)
    assert at(0.2, 10, 10) == pytest.approx(-0.007622, abs=5e-7)
    assert at(0.3, 5, 0) == pytest.approx(math.cos(1.5)) == pytest.approx(0.070737, abs=5e-7)
    assert at(0.3, 0, 5) == pytest.approx(0.105399, abs=5e-7)


def test_fact_12_windows_at_the_border_repeat_cells_and_weights_add_up_to_one() -> None:
    corner = Windows(Targets(np.array([-1.0]), np.array([1.0]), 2), 8, 3)
    numbers = torch.arange(64.0).view(1, 1, 8, 8)
    found = corner.gather(numbers)[0, 0, :, 0].view(7, 7)
    rows, columns = [0, 0, 0, 0, 1, 2, 3], [4, 5, 6, 7, 7, 7, 7]
    torch.testing.assert_close(found, numbers[0, 0][rows][:, columns])
    _, weights = attend(
        torch.randn(8, 1, 8), torch.randn(8, 49, 8), torch.randn(8, 49, 8), torch.randn(8, 1, 49)
    )
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(8, 1))
    assert whole(network(), 9)[:, [0, -1]].isfinite().all()


def test_fact_22_attention_by_hand() -> None:
    one, keys, values = (torch.tensor(v)[None, :, None] for v in ([1.0], [0.0, 1.0, 2.0], [1.0, 2.0, 4.0]))
    found, weights = attend(one, keys, values, torch.tensor([[[0.0, 0.0, -1.0]]]))
    np.testing.assert_allclose(weights.flatten(), [0.155362, 0.422319, 0.422319], atol=5e-7)
    assert found.item() == pytest.approx(2.689276, abs=2e-6)


def test_fact_23_pixel_shuffle() -> None:
    shuffle = torch.nn.functional.pixel_shuffle
    pixel = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 4, 1, 1)
    assert shuffle(pixel, 2)[0, 0].tolist() == [[1, 2], [3, 4]]
    features = torch.empty(1, 64, 128, 128, device="meta")
    assert shuffle(features, 2).shape == (1, 16, 256, 256)
    assert shuffle(features, 8).shape == (1, 1, 1024, 1024)
    assert network(shuffle=4).head.maps(torch.zeros(1, 64, 12, 12))[1].queries.shape == (1, 64, 48, 48)


@torch.no_grad()
def test_nh_csr_is_its_formulas() -> None:
    """One target at a time, cell by cell, as the specification has it."""
    net = network()
    prepared = net.prepare(*maps())
    count = 20
    found = whole(net, count)
    for i, j in ((0, 0), (3, 11), (10, 19), (7, 8)):
        c = np.array([nodes(count)[i], nodes(count)[j]])
        total = torch.zeros(1)
        for branch, of in zip((net.head.coarse, net.head.fine), prepared.maps, strict=True):
            size = of.queries.shape[-1]
            grid = torch.tensor(c[::-1].copy()).float().view(1, 1, 1, 2)
            q = torch.nn.functional.grid_sample(
                of.queries[:1], grid, padding_mode="border", align_corners=False
            )
            q = q.flatten().view(8, 8)
            p0 = [int(cell_of(c[a : a + 1], size)[0]) for a in (0, 1)]
            logits, values = [], []
            for dy in range(-3, 4):
                for dx in range(-3, 4):
                    y, x = (min(max(p + d, 0), size - 1) for p, d in zip(p0, (dy, dx), strict=True))
                    delta = (c - cell_centres(size)[[y, x]]) * size / 2 / 3.5
                    e = branch.code(torch.tensor(delta).float())
                    k, v = of.keys_values[0, :, y, x].split(64)
                    logits.append((q * k.view(8, 8)).sum(dim=1) / math.sqrt(8) + branch.bias(e))
                    values.append(v.view(8, 8))
                    if dy == dx == 0:
                        nearest = e
            weights = torch.stack(logits).softmax(dim=0)
            attended = (weights[..., None] * torch.stack(values)).sum(dim=0).flatten()
            total = total + net.head.last.weight @ branch.function(torch.cat([attended, nearest]))
        residual = torch.from_numpy(bilinear_matrix(c, 4)).float()
        expected = total + net.head.last.bias + residual[0] @ prepared.coarse[0] @ residual[1]
        torch.testing.assert_close(found[0, i, j].view(1), expected, rtol=0, atol=2e-6)


@torch.no_grad()
def test_liif_is_its_formulas() -> None:
    """The first layer as a convolution equals the unfolded features, the place and the cell in one row."""
    net = network(method="liif")
    features = torch.randn(1, 64, 12, 12)
    unfolded = torch.nn.functional.unfold(features, 3, padding=1).view(1, 576, 12, 12)
    axis = nodes(20)
    targets = Targets(axis, axis, 20)
    total = torch.zeros(1, 400)
    for y, x, relative, weight in corners(targets, 12):
        cell = torch.full_like(relative, 2 / 20 * 12)
        rows = torch.cat([targets.take(unfolded, y, x), relative, cell], dim=-1)
        total += weight * net.head.function(rows)[..., 0]
    torch.testing.assert_close(net.head(net.head.maps(features), targets), total, rtol=0, atol=1e-5)


def test_the_four_weights_are_areas_of_a_cell() -> None:
    axis = np.array([-0.9, -0.3, 0.05, 0.6])
    found = list(corners(Targets(axis, axis, 5), 4))
    torch.testing.assert_close(sum(weight for *_, weight in found), torch.ones(1, 16))
    for y, _, relative, _ in found:
        expected = (axis - cell_centres(4)[y]) * 4
        torch.testing.assert_close(relative[0, :, 0].view(4, 4)[:, 0], torch.from_numpy(expected).float())


# any grid, any order --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("count", [refined_count(4, 3.7), 13, 37])
def test_fact_16_the_order_of_evaluation_changes_nothing(method: str, count: int) -> None:
    """Whole grids, parts of them, and chosen nodes; α = 3.7 gives (round(3·3.7)+1)² = 12² of them."""
    net = network(method=method)
    full = whole(net, count)
    assert full.shape == (2, count, count)
    axis = nodes(count)
    with torch.no_grad():
        prepared = net.prepare(*maps())
        part = net(prepared, Targets(axis[2:9], axis[5:], count))
        generator = torch.Generator().manual_seed(2)
        rows, columns = (torch.randint(count, (2, 40), generator=generator) for _ in range(2))
        chosen = net(prepared, Targets(axis, axis, count, rows, columns))
    largest = full.abs().max().item()
    torch.testing.assert_close(part.view(2, 7, -1), full[:, 2:9, 5:], rtol=0, atol=3e-6 * largest)
    expected = torch.stack([full[i, rows[i], columns[i]] for i in range(2)])
    torch.testing.assert_close(chosen, expected, rtol=0, atol=3e-6 * largest)


# configurations -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entries",
    [
        {"coefficient": False},
        {"branches": "coarse"},
        {"width": 32},
        {"heads": 4},
        {"radius": 1},
        {"shuffle": 1},
        *({"encoding": kind} for kind in ("plain", "sinusoid", "ipe", "lte")),
        {"omega": 5.0},
        {"sigma": 5.0},
        {"aggregate": "flatten"},
    ],
    ids=str,
)
def test_every_entry_changes_the_network(entries: dict) -> None:
    assert not torch.allclose(whole(network(**entries), 10), whole(network(), 10), atol=1e-4)


def test_the_trainable_wavelet_has_four_more_parameters_in_each_branch() -> None:
    assert parameter_count(network(trainable=True)) == parameter_count(network()) + 8


@pytest.mark.parametrize("method", ["nh_csr", "metasr", "liif", "lte", "lit"])
def test_every_parameter_has_a_gradient(method: str) -> None:
    net = network(method=method)
    axis = nodes(13)
    chosen = torch.tensor([[0, 3, 7, 12], [1, 2, 3, 4]])
    net(net.prepare(*maps()), Targets(axis, axis, 13, chosen, chosen.flip(1))).square().sum().backward()
    without = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    # Keys' biases shift all logits of a target alike, which a softmax does not see.
    assert [name for name in without if not name.endswith("key.bias")] == []


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ({"method": "idm"}, "method must be one of nh_csr, metasr"),
        ({"preset": "C"}, "preset must be one of tiny, S, A, B, got 'C'"),
        ({"heads": 5}, r"width must be a multiple of heads \(5\), got 64"),
        ({"shuffle": 3}, "shuffle must be 1, 2, 4 or 8, got 3"),
        ({"omega": 0}, "omega must be > 0, got 0"),
        ({"coefficient": 1}, "coefficient must be true or false, got 1"),
    ],
)
def test_a_configuration_is_checked(entries: dict, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        replace(SMALL, **entries)
