"""VTK algorithms around :mod:`stsr_core`: plain VTK classes that know nothing of ParaView.

Names are imported on first use: the algorithms need numpy and VTK, torch only when something is decoded,
and OpenGL only for the pictures.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Public name → module: the whole public surface.
_EXPORTS = {
    "NeuralUpscale": "stsr_filters.neural_upscale",
    "STSRModel": "stsr_filters.model_source",
    "LatentInterpolate": "stsr_filters.latent_interpolate",
    "NeuralFit": "stsr_filters.neural_fit",
    "CompareToGT": "stsr_filters.compare_to_gt",
    "render_volume": "stsr_filters.rendering",
    "render_isosurface": "stsr_filters.rendering",
    "Camera": "stsr_filters.camera",
    "TransferFunction": "stsr_filters.transfer_function",
    "transfer_function_of": "stsr_filters.opacity_shells",
    "side_by_side": "stsr_filters.linked_views",
    "side_by_side_animation": "stsr_filters.animation",
    "pyvista_views": "stsr_filters.pyvista_plotter",
}

__all__ = [*_EXPORTS]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'stsr_filters' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
