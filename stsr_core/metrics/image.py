"""LPIPS, the learned perceptual distance between two renderings."""

from __future__ import annotations

import pickle
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np

from stsr_core.llvm import keep_triton_out
from stsr_core.metrics.color import unit_rgb

_NETS = ("alex", "squeeze")
_SMALLEST = 32  # AlexNet's pooling needs 31 pixels
_NEEDED = 'LPIPS needs the packages lpips and torchvision: pip install "stsr[metrics]"'
_FETCH = {
    net: f"python -c \"from torchvision.models import {maker}; {maker}(weights='DEFAULT')\""
    for net, maker in (("alex", "alexnet"), ("squeeze", "squeezenet1_1"))
}

# lpips 0.1.4 calls torchvision and torch.load in ways that they have since deprecated.
_KNOWN_WARNINGS = (
    "The parameter 'pretrained' is deprecated",
    "Arguments other than a weight enum or `None` for 'weights' are deprecated",
    "You are using `torch.load` with `weights_only=False`",
)


def lpips_distance(a: np.ndarray, b: np.ndarray, net: str = "alex", *, download: bool = False) -> float:
    """Learned perceptual image patch similarity, version 0.1: 0 for equal images, larger for less alike ones.

    Unit-normalised features of five (AlexNet) or seven (SqueezeNet) layers are subtracted, squared, weighted
    by channel and averaged over the pixels; layers are summed. Source: Zhang, Isola, Efros, Shechtman and
    Wang 2018, eq. 1, by the authors' package ``lpips``. Its example pairs give 0.722 and 0.138 with AlexNet.

    Parameters
    ----------
    a, b : ndarray
        sRGB images (H, W, 3) of one size, H and W >= 32, each bytes or floating point 0 to 1.
    net : {"alex", "squeeze"}
        Network of the features; its weights come from ``TORCH_HOME``. It stays in memory for later calls.
    download : bool
        Whether weights that are not there (233 MB for "alex") may be downloaded, by torchvision; if
        not, the error says how to fetch them. It is tried once per process: where it has failed, every later
        call fails at once with the same words.

    Returns
    -------
    float

    Raises
    ------
    ImportError
        The package ``lpips`` is missing.
    OSError
        The weights are not in ``TORCH_HOME``, and cannot or may not be downloaded.
    ValueError, TypeError
        The images are no pair of colour images as above, or ``net`` is another word.
    """
    _require_net(net)
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"both images must have the same shape, got {a.shape} and {b.shape}")
    if a.ndim != 3 or a.shape[2] != 3 or min(a.shape[:2]) < _SMALLEST:
        raise ValueError(
            f"images must have axes (H, W, 3) with H and W at least {_SMALLEST} pixels, got shape {a.shape}"
        )
    first, second = unit_rgb(a), unit_rgb(b)
    model = _model_with_weights(net, download)

    import torch

    def batch(image: np.ndarray) -> torch.Tensor:
        return torch.from_numpy((2.0 * image - 1.0).astype(np.float32)).permute(2, 0, 1)[None]

    with torch.inference_mode():
        return float(model(batch(first), batch(second)))


def lpips_weights(net: str = "alex") -> Path:
    """The file that holds the weights of a network's features, whether it is there or not.

    Parameters
    ----------
    net : {"alex", "squeeze"}

    Raises
    ------
    ImportError
        The package ``torchvision`` is missing.
    ValueError
        ``net`` is another word than "alex" or "squeeze".
    """
    _require_net(net)
    keep_triton_out()  # torchvision would load it, most likely after something was rendered
    try:
        import torch
        from torchvision.models import AlexNet_Weights, SqueezeNet1_1_Weights
    except ImportError as error:
        raise ImportError(_NEEDED) from error
    weights = {"alex": AlexNet_Weights, "squeeze": SqueezeNet1_1_Weights}[net].IMAGENET1K_V1
    return Path(torch.hub.get_dir(), "checkpoints", Path(urlparse(weights.url).path).name)


def _model_with_weights(net: str, download: bool) -> Any:
    weights = lpips_weights(net)
    if not weights.is_file():
        if not download:
            raise OSError(
                f"the weights of its network are not there ({weights}), and nothing is downloaded unasked; "
                f"this fetches them once: {_FETCH[net]}"
            )
        problem = _download_problem(net)
        if problem:
            raise OSError(problem)
    return _model(net)


@lru_cache(maxsize=len(_NETS))
def _download_problem(net: str) -> str:
    """Download the weights; what went wrong, "" if nothing did. Remembered: a network that is not there
    would be waited for at every call."""
    try:
        _model(net)
    except OSError as error:
        return str(error)
    return ""


@lru_cache(maxsize=len(_NETS))
def _model(net: str) -> Any:
    keep_triton_out()
    try:
        import lpips
    except ImportError as error:
        raise ImportError(_NEEDED) from error

    with warnings.catch_warnings():
        for message in _KNOWN_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        try:
            return lpips.LPIPS(net=net, version="0.1", verbose=False)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise OSError(
                f"weights of the LPIPS network {net!r} must be in TORCH_HOME or downloadable, got: {error}"
            ) from error


def _require_net(net: str) -> None:
    if net not in _NETS:
        raise ValueError(f'net must be "alex" or "squeeze", got {net!r}')
