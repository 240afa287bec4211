"""The two networks of STNet: the generator (two coarse volumes → a fine sequence) and its discriminator."""

from __future__ import annotations

import torch
from torch import nn

#: Coarse nodes around a patch that its decoded voxels depend on: convolution radii 1 + 3/2 + 1/2 + 3/4 + 1/4.
HALO = 4


def scaled(width: int, multiplier: float) -> int:
    """Channels of a layer: ``width``·``multiplier``, rounded, at least 1."""
    return max(1, round(width * multiplier))


def convolution(n_in: int, n_out: int) -> nn.Conv3d:
    """3×3×3, same size, He weights (Kaiming, ReLU gain) and zero biases."""
    layer = nn.Conv3d(n_in, n_out, 3, padding=1)
    _start(layer)
    return layer


def _start(layer: nn.Conv3d) -> None:
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)


def voxel_shuffle(x: torch.Tensor) -> torch.Tensor:
    """(B, 8c, Z, Y, X) → (B, c, 2Z, 2Y, 2X): eight channels are the eight voxels of a cell, x fastest."""
    b, c, z, y, x_ = x.shape
    x = x.view(b, c // 8, 2, 2, 2, z, y, x_).permute(0, 1, 5, 2, 6, 3, 7, 4)
    return x.reshape(b, c // 8, 2 * z, 2 * y, 2 * x_)


class DenseBlock(nn.Module):
    """Three convolutions that see all before them: c → 2c, [c, 2c] → 4c, [c, 2c, 4c] → n_out, each ReLU."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.first = convolution(n_in, 2 * n_in)
        self.second = convolution(3 * n_in, 4 * n_in)
        self.third = convolution(7 * n_in, n_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, n_in, Z, Y, X) → (B, n_out, Z, Y, X)."""
        first = torch.relu(self.first(x))
        second = torch.relu(self.second(torch.cat([x, first], 1)))
        return torch.relu(self.third(torch.cat([x, first, second], 1)))


class Upscale(nn.Module):
    """Gated upscaling by 2.

    ::

        x ─┬─ main: n_in → 8·n_out ─ shuffle ─ ReLU ──────────┐
           └─ gate: n_in → 8·n_out ─ shuffle ─ mask ─ sigmoid ─⊙─┬─ [·, ·] ─ merge: 2·n_out → n_out
                                                                 └─ refine ─ ReLU ─┘
    """

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.main = convolution(n_in, 8 * n_out)
        self.gate = convolution(n_in, 8 * n_out)
        self.mask = convolution(n_out, n_out)
        self.refine = convolution(n_out, n_out)
        self.merge = convolution(2 * n_out, n_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, n_in, Z, Y, X) → (B, n_out, 2Z, 2Y, 2X)."""
        gate = torch.sigmoid(self.mask(voxel_shuffle(self.gate(x))))
        gated = gate * torch.relu(voxel_shuffle(self.main(x)))
        return self.merge(torch.cat([gated, torch.relu(self.refine(gated))], 1))


class Generator(nn.Module):
    """Two coarse volumes → the sequence between them, both ends included, at four times the resolution.

    ::

        (B, 2, Z, Y, X) ─ encode: dense 2→32→64→128→256 ─ decode: upscale →128, ReLU, upscale →64, ReLU, 64→n
                                                                                    (B, n, 4Z, 4Y, 4X)

    Parameters
    ----------
    n_steps : int
        Volumes of the sequence, u_t + 2.
    width_multiplier : float
        Factor on all widths.

    Examples
    --------
    5 steps and full width: 36,191,321 parameters (138.06 MiB as float32).
    """

    def __init__(self, n_steps: int, width_multiplier: float = 1.0) -> None:
        super().__init__()
        a, b, c, d, e, f = (scaled(w, width_multiplier) for w in (32, 64, 128, 256, 128, 64))
        self.dense = nn.Sequential(DenseBlock(2, a), DenseBlock(a, b), DenseBlock(b, c), DenseBlock(c, d))
        self.upscale = nn.Sequential(Upscale(d, e), nn.ReLU(), Upscale(e, f), nn.ReLU())
        self.last = convolution(f, n_steps)

    def encode(self, ends: torch.Tensor) -> torch.Tensor:
        """(B, 2, Z, Y, X) → features (B, 256, Z, Y, X), all at the coarse resolution."""
        return self.dense(ends)

    def decode(self, features: torch.Tensor) -> torch.Tensor:
        """Features (B, 256, Z, Y, X) → (B, n, 4Z, 4Y, 4X); a voxel depends on :data:`HALO` nodes around."""
        return self.last(self.upscale(features))

    def forward(self, ends: torch.Tensor) -> torch.Tensor:
        """(B, 2, Z, Y, X) → (B, n, 4Z, 4Y, 4X)."""
        return self.decode(self.encode(ends))


class Discriminator(nn.Module):
    """One score per step of a sequence: near 1 for data, near 0 for what was generated.

    ::

        (T, 1, Z, Y, X) ─ 1→64 ─ ReLU ─ 64→128 ─ ReLU ─ convolutional LSTM over T ─ 128→1 ─ mean ─ (T,)

    All but the LSTM are 4×4×4 convolutions of stride 2 with padding 1; an axis of less than 8 nodes is
    filled up with zeros to 8, so that a node is left.
    """

    def __init__(self, width_multiplier: float = 1.0) -> None:
        super().__init__()
        a, b = (scaled(w, width_multiplier) for w in (64, 128))
        self.first = nn.Conv3d(1, a, 4, stride=2, padding=1)
        self.second = nn.Conv3d(a, b, 4, stride=2, padding=1)
        self.gates = convolution(2 * b, 4 * b)  # input, forget, output gate and candidate of the LSTM
        self.last = nn.Conv3d(b, 1, 4, stride=2, padding=1)
        for layer in (self.first, self.second, self.last):
            _start(layer)

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        """(T, 1, Z, Y, X) → (T,)."""
        fill = [n for size in sequence.shape[:1:-1] for n in (0, max(0, 8 - size))]
        x = torch.relu(self.first(nn.functional.pad(sequence, fill)))
        x = torch.relu(self.second(x))
        hidden = cell = torch.zeros_like(x[:1])
        scores = []
        for step in x.split(1):
            gates = self.gates(torch.cat([step, hidden], 1))
            write, forget, read, candidate = gates.chunk(4, dim=1)
            cell = torch.sigmoid(forget) * cell + torch.sigmoid(write) * torch.tanh(candidate)
            hidden = torch.sigmoid(read) * torch.tanh(cell)
            scores.append(self.last(hidden).mean())
        return torch.stack(scores)
