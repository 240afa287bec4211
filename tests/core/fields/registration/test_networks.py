"""Warping, the U-Net on frames of any size, and the flows and corrections it gives."""

from __future__ import annotations

import pytest
import torch

from stsr_core.fields.registration.flow import FlowNetwork, doubled, warped
from stsr_core.fields.registration.refinement import Refinement
from stsr_core.fields.registration.unet import UNet
from stsr_core.training.registration.losses import local_correlation, roughness

SIZES = [(1, 9, 7), (5, 6, 33), (2, 2, 2), (1, 1, 1)]


def drawn(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def moving(network: torch.nn.Module) -> torch.nn.Module:
    """A network whose output is not zero at first."""
    with torch.no_grad():
        network.head.weight.normal_(std=0.1, generator=torch.Generator().manual_seed(1))
    return network


def test_a_whole_displacement_shifts_and_faces_hold():
    frame = drawn(1, 2, 3, 4, 5)
    along_y = torch.tensor([0.0, 1.0, 0.0]).view(1, 3, 1, 1, 1).expand(1, 3, 3, 4, 5)
    expected = frame[..., [1, 2, 3, 3], :]
    torch.testing.assert_close(warped(frame, along_y), expected)


def test_the_way_a_frame_is_read_can_be_learned():
    """The derivative of what is read at x + u is the slope of the frame there."""
    ramp = (3 * torch.arange(5.0)).view(1, 1, 1, 1, 5)
    shift = torch.full((1, 3, 1, 1, 5), 0.25, requires_grad=True)
    warped(ramp, shift)[..., 1:-1].sum().backward()
    assert shift.grad is not None
    torch.testing.assert_close(shift.grad[0, 2, 0, 0], torch.tensor([0.0, 3, 3, 3, 0]))


def test_the_published_numbers_of_parameters():
    """Convolutions of 3³: VoxelMorph's channels; the refinement of UVI-Net on three levels of features."""
    unet = UNet(2, (16, 32, 32, 32), (32, 32, 32, 32, 32, 16, 16))
    widths = [(2, 16), (16, 32), (32, 32), (32, 32)]
    widths += [(32, 32), (64, 32), (64, 32), (48, 32), (34, 32), (32, 16), (16, 16)]
    assert sum(p.numel() for p in unet.parameters()) == sum(27 * a * b + b for a, b in widths)
    mending = Refinement((4, 8, 16), (8, 16, 32, 32, 32, 32, 8, 8, 3), step=1, fade=False)
    widths = [(1, 8), (16, 16), (32, 32), (64, 32), (64, 32), (48, 32), (33, 8), (8, 8), (8, 3), (3, 1)]
    widths += [(1, 4), (4, 4), (4, 8), (8, 8), (8, 16), (16, 16)]
    assert sum(p.numel() for p in mending.parameters()) == sum(27 * a * b + b for a, b in widths)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [1, 2])
def test_frames_of_any_size_have_flows_and_corrections_of_that_size(size, step):
    network = moving(FlowNetwork((4, 4, 4), (4, 4, 4, 4), step))
    pairs = drawn(2, 2, *size)
    flows = network(pairs)
    assert flows.shape == (2, 6, *size)
    lives = flows.abs().amax(dim=(0, 2, 3, 4)) > 0
    assert lives.tolist() == [n > 1 for n in size] * 2
    mending = moving(Refinement((4, 4), (4, 4, 4, 4), step, fade=True))
    part = torch.tensor([0.0, 0.25]).view(2, 1, 1, 1, 1)
    added = mending(pairs[:, :1], pairs, flows[:, :3], flows[:, 3:], part)
    assert added.shape == (2, 1, *size)
    assert added[0].abs().max() == 0 and added[1].abs().max() > 0
    mending.fade = False
    whole = mending(pairs[:, :1], pairs, flows[:, :3], flows[:, 3:], part)
    torch.testing.assert_close(added[1], 4 * 0.25 * 0.75 * whole[1])


def test_every_second_value_is_read_between_as_it_lies():
    fine = torch.arange(7.0)
    line = doubled(fine[::2].view(1, 1, 1, 1, 4), (1, 1, 7))
    torch.testing.assert_close(line.flatten(), fine)


def test_correlation_knows_neither_brightness_nor_contrast():
    a, b = drawn(1, 1, 10, 11, 12), drawn(1, 1, 12, 11, 10).view(1, 1, 10, 11, 12).flip(2)
    found = local_correlation(a, b).item()
    assert 0 <= found < 0.2
    assert local_correlation(0.1 + 0.5 * a, 1 - 0.5 * b).item() == pytest.approx(found, abs=1e-3)
    flat = torch.full_like(a, 0.5)
    assert local_correlation(flat, flat).item() == pytest.approx(0, abs=1e-2)  # nothing to be seen


def test_a_flow_is_as_rough_as_it_lies_in_space():
    """u = x along z, of nodes twice as far apart in z: (2 · 1)² / (3 components · 3 axes)."""
    flow = torch.zeros(1, 3, 4, 4, 4)
    flow[:, 0] = torch.arange(4.0)
    assert roughness(flow, (1.0, 1.0, 1.0)).item() == pytest.approx(1 / 9)
    assert roughness(flow, (2.0, 1.0, 1.0)).item() == pytest.approx(4 / 9)
    assert roughness(flow[..., :1], (1.0, 1.0, 1.0)).item() == 0  # an axis of one node has no slope
