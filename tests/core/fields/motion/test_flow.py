"""Flow: translations and turns that are known, in one, two and three dimensions, open and periodic."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stsr_core.fields.motion import flow
from stsr_core.fields.motion.flow import estimate_flow, gradient, solved
from stsr_core.fields.motion.reading import node_positions, read
from stsr_core.fields.motion.smoothing import gaussian_matrix, over_intervals, smoothed


def blobs(shift, shape=(20, 22, 24), times=(0.0, 1.0, 2.0)):
    """Smooth blobs that move by ``shift`` (z, y, x) nodes in a unit of time: (T, 1, Z, Y, X)."""
    z, y, x = np.meshgrid(*(np.arange(n, dtype=np.float64) for n in shape), indexing="ij")
    frames = []
    for t in times:
        p, q, r = (axis - t * s for axis, s in zip((z, y, x), shift, strict=True))
        frames.append(
            np.sin(0.5 * p) * np.cos(0.4 * q + 1) + np.sin(0.45 * r + 0.3 * q) + 0.2 * np.cos(0.6 * r)
        )
    return torch.from_numpy(np.stack(frames)).float()[:, None]


def inner(flow, margin=4):
    cut = tuple(slice(margin, -margin) if n > 2 * margin else slice(None) for n in flow.shape[2:])
    return flow[(slice(None), slice(None), *cut)]


@pytest.mark.parametrize("shift", [(0.0, 0.0, 1.0), (0.7, -0.5, 0.9), (0.0, 1.5, 0.0)])
def test_a_translation_is_found(shift):
    flow = inner(estimate_flow(blobs(shift), (0.0, 1.0, 2.0)))
    found = flow.mean(dim=(0, 2, 3, 4)).tolist()
    assert found == pytest.approx(shift, abs=0.12)
    assert float((flow - torch.tensor(shift).view(1, 3, 1, 1, 1)).abs().max()) < 0.5


def test_uneven_times_scale_the_displacement():
    times = (0.0, 0.5, 2.0)
    flow = inner(estimate_flow(blobs((0.0, 0.0, 1.0), times=times), times))
    assert flow[:, 2].mean(dim=(1, 2, 3)).tolist() == pytest.approx([0.5, 1.5], abs=0.15)


def test_a_flat_volume_moves_in_its_plane():
    flow = estimate_flow(blobs((0.0, 0.6, 0.8), shape=(1, 24, 24)), (0.0, 1.0, 2.0))
    assert torch.all(flow[:, 0] == 0)
    assert inner(flow).mean(dim=(0, 2, 3, 4)).tolist()[1:] == pytest.approx([0.6, 0.8], abs=0.12)


def test_a_shift_through_the_face_of_a_periodic_box_is_one_motion():
    n = 16
    x = np.arange(n)
    frames = np.stack(
        [np.sin(2 * np.pi * (x - t) / n) + 0.3 * np.cos(6 * np.pi * (x - t) / n) for t in (0, 1)]
    )
    frames = torch.from_numpy(np.broadcast_to(frames[:, None, None, None], (2, 1, 16, 16, n)).copy()).float()
    flow = estimate_flow(frames, (0.0, 1.0), periodic=(True, True, True))
    assert float((flow[:, 2] - 1).abs().max()) < 0.15
    assert float(flow[:, :2].abs().max()) < 1e-3


def test_quantities_that_move_together_share_one_flow():
    one = blobs((0.5, 0.0, 0.5))
    both = torch.cat([one, 100 * one.roll(7, 3)], dim=1)  # another unit, another place
    assert inner(estimate_flow(both, (0.0, 1.0, 2.0))).mean(dim=(0, 2, 3, 4)).tolist() == pytest.approx(
        [0.5, 0.0, 0.5], abs=0.12
    )


def test_what_does_not_change_does_not_move():
    constant = torch.full((3, 1, 6, 7, 8), 3.0)
    assert torch.all(estimate_flow(constant, (0.0, 1.0, 2.0)) == 0)
    still = blobs((0.0, 0.0, 0.0))
    assert float(estimate_flow(still, (0.0, 1.0, 2.0)).abs().max()) < 1e-5


def test_stopping_leaves_what_there_is_and_progress_reaches_one():
    seen = []
    full = estimate_flow(blobs((0.0, 0.0, 1.0)), (0.0, 1.0, 2.0), on_progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0
    stopped = estimate_flow(blobs((0.0, 0.0, 1.0)), (0.0, 1.0, 2.0), should_abort=lambda: len(seen) > 0)
    assert stopped.shape == full.shape and torch.all(stopped == 0)


@pytest.mark.parametrize("times", [(0.0, 1.0, 2.0, 3.0, 4.0), (0.0, 0.5, 2.0, 2.5, 4.0)])
@pytest.mark.parametrize("intervals", [1, 2, 3])
def test_a_few_intervals_at_a_time_are_all_at_once(monkeypatch, times, intervals):
    frames = blobs((0.3, 0.0, 0.8), times=times)
    whole = estimate_flow(frames, times)
    monkeypatch.setattr(flow, "WORKING_BYTES", intervals * flow.BYTES_PER_NODE * frames[0].numel())
    torch.testing.assert_close(estimate_flow(frames, times), whole, rtol=0, atol=1e-5)


def test_a_flow_in_half_precision_is_the_same_to_a_hundredth_of_a_node():
    frames, times = blobs((0.3, 0.0, 0.8)), (0.0, 1.0, 2.0)
    half = torch.empty(2, 3, *frames.shape[-3:], dtype=torch.float16)
    assert estimate_flow(frames, times, out=half) is half
    torch.testing.assert_close(half.float(), estimate_flow(frames, times), rtol=0, atol=0.01)


def test_systems_are_solved():
    generator = torch.Generator().manual_seed(0)
    root = torch.randn(5, 3, 3, generator=generator, dtype=torch.float64)
    matrix = root @ root.transpose(1, 2)
    right = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    entries = matrix[:, [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]]
    expected = torch.linalg.solve(matrix + 0.1 * torch.eye(3, dtype=torch.float64), right)
    torch.testing.assert_close(solved(entries, right, 0.1), expected)


def test_slopes_of_a_ramp_and_of_a_wave():
    ramp = torch.arange(5.0).view(1, 1, 5).expand(3, 4, 5)
    z, y, x = gradient(ramp, (False, False, False))
    assert torch.all(x == 1) and torch.all(y == 0) and torch.all(z == 0)
    wave = torch.sin(2 * torch.pi * torch.arange(8.0) / 8).view(1, 1, 8)
    expected = torch.cos(2 * torch.pi * torch.arange(8.0) / 8) * np.sin(2 * np.pi / 8)
    torch.testing.assert_close(gradient(wave, (False, False, True))[2][0, 0], expected)


def test_smoothing_keeps_constants_and_ignores_direction():
    assert torch.allclose(smoothed(torch.ones(2, 5, 6, 7), 1.3, (False, True, False)), torch.ones(2, 5, 6, 7))
    matrix = gaussian_matrix(9, 1.5, periodic=True)
    torch.testing.assert_close(matrix, matrix.roll((1, 1), (0, 1)))
    assert over_intervals(torch.full((4, 2), 3.0)).tolist() == [[3.0, 3.0]] * 4


def test_reading_is_linear_and_holds_at_the_faces():
    volume = torch.randn(1, 1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    nodes = node_positions((3, 4, 5))
    torch.testing.assert_close(read(volume, nodes), volume)
    torch.testing.assert_close(read(volume, nodes - 10), volume[..., :1, :1, :1].expand_as(volume))
    around = read(volume, nodes + torch.tensor([3.0, -4.0, 5.0]).view(1, 3, 1, 1, 1), (True, True, True))
    torch.testing.assert_close(around, volume)
    half = read(
        volume,
        nodes[..., :1, :1, :1] + torch.tensor([0.0, 0.0, 4.5]).view(1, 3, 1, 1, 1),
        (False, False, True),
    )
    torch.testing.assert_close(half.flatten(), 0.5 * (volume[..., 0, 0, 4] + volume[..., 0, 0, 0]).flatten())
