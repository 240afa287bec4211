"""Images of any size as tensors whose size the networks take, and back."""

from __future__ import annotations

import numpy as np
import torch

from stsr_core.imagecodec.network.configuration import STRIDE


def padded_size(height: int, width: int) -> tuple[int, int]:
    """The next multiples of 32.

    Examples
    --------
    >>> padded_size(64, 65)
    (64, 96)
    """
    return -(-height // STRIDE) * STRIDE, -(-width // STRIDE) * STRIDE


def to_tensor(image: np.ndarray) -> torch.Tensor:
    """uint8 (H, W, 3) → float32 (1, 3, H', W') in [0, 1]; the last row and column are repeated."""
    height, width = image.shape[:2]
    full_height, full_width = padded_size(height, width)
    filled = np.pad(image, ((0, full_height - height), (0, full_width - width), (0, 0)), mode="edge")
    return torch.from_numpy(filled).permute(2, 0, 1)[None].float() / 255


def to_image(tensor: torch.Tensor, size: tuple[int, int]) -> np.ndarray:
    """(1, 3, H', W') about [0, 1] → uint8 (H, W, 3): clamped, rounded and cropped to ``size``."""
    height, width = size
    values = (tensor[0, :, :height, :width].clamp(0, 1) * 255).round().to(torch.uint8)
    return np.ascontiguousarray(values.permute(1, 2, 0).numpy())
