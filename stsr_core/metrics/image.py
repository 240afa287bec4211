"""LPIPS, the learned perceptual distance between two renderings."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

import numpy as np

from stsr_core.llvm import keep_triton_out
from stsr_core.metrics.color import unit_rgb

_NETS = ("alex", "squeeze")
_SMALLEST = 32  # AlexNet's pooling needs 31 pixels

# lpips 0.1.4 calls torchvision and torch.load in ways that they have since deprecated.
_KNOWN_WARNINGS = (
    "The parameter 'pretrained' is deprecated",
    "Arguments other than a weight enum or `None` for 'weights' are deprecated",
    "You are using `torch.load` with `weights_only=False`",
)


def lpips_distance(a: np.ndarray, b: np.ndarray, net: str = "alex") -> float:
    """Learned perceptual image patch similarity, version 0.1: 0 for equal images, larger for less alike ones.

    Unit-normalised features of five (AlexNet) or seven (SqueezeNet) layers are subtracted, squared, weighted
    by channel and averaged over the pixels; layers are summed. Source: Zhang, Isola, Efros, Shechtman and
    Wang 2018, eq. 1, by the authors' package ``lpips``. Its example pairs give 0.722 and 0.138 with AlexNet.

    Parameters
    ----------
    a, b : ndarray
        sRGB images (H, W, 3) of one size, H and W >= 32, each bytes or floating point 0 to 1.
    net : {"alex", "squeeze"}
        Network of the features; its weights come from ``TORCH_HOME``, or are downloaded there by torchvision.
        It stays in memory for later calls.

    Returns
    -------
    float

    Raises
    ------
    ImportError
        The package ``lpips`` is missing.
    OSError
        The weights are neither in ``TORCH_HOME`` nor to be downloaded.
    ValueError, TypeError
        The images are no pair of colour images as above, or ``net`` is another word.
    """
    if net not in _NETS:
        raise ValueError(f'net must be "alex" or "squeeze", got {net!r}')
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"both images must have the same shape, got {a.shape} and {b.shape}")
    if a.ndim != 3 or a.shape[2] != 3 or min(a.shape[:2]) < _SMALLEST:
        raise ValueError(
            f"images must have axes (H, W, 3) with H and W at least {_SMALLEST} pixels, got shape {a.shape}"
        )
    first, second = unit_rgb(a), unit_rgb(b)
    model = _model(net)

    import torch

    def batch(image: np.ndarray) -> torch.Tensor:
        return torch.from_numpy((2.0 * image - 1.0).astype(np.float32)).permute(2, 0, 1)[None]

    with torch.inference_mode():
        return float(model(batch(first), batch(second)))


@lru_cache(maxsize=len(_NETS))
def _model(net: str) -> Any:
    keep_triton_out()  # torchvision would load it, most likely after something was rendered
    try:
        import lpips
    except ImportError as error:
        raise ImportError(
            'LPIPS needs the packages lpips and torchvision: pip install "stsr[metrics]"'
        ) from error

    with warnings.catch_warnings():
        for message in _KNOWN_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        try:
            return lpips.LPIPS(net=net, version="0.1", verbose=False)
        except OSError as error:
            raise OSError(
                f"weights of the LPIPS network {net!r} must be in TORCH_HOME or downloadable, got: {error}"
            ) from error
