"""VTK algorithms around :mod:`stsr_core`: plain VTK classes that know nothing of ParaView.

Names are imported on first use: the algorithms need numpy and VTK, torch only when something is decoded,
and OpenGL only for the pictures.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Public name → module: the whole public surface.
_EXPORTS = {
    "NeuralUpscale": "stsr_filters.algorithms.neural_upscale",
    "STSRModel": "stsr_filters.algorithms.stsr_model",
    "LatentInterpolate": "stsr_filters.algorithms.latent_interpolate",
    "NeuralFit": "stsr_filters.algorithms.neural_fit",
    "CompareToGT": "stsr_filters.algorithms.compare_to_gt",
    "render_volume": "stsr_filters.rendering.render",
    "render_isosurface": "stsr_filters.rendering.render",
    "Camera": "stsr_filters.rendering.camera",
    "TransferFunction": "stsr_filters.rendering.transfer_function",
    "transfer_function_of": "stsr_filters.rendering.derived_transfer_function",
    "side_by_side": "stsr_filters.rendering.side_by_side",
    "side_by_side_animation": "stsr_filters.rendering.animation",
    "pyvista_views": "stsr_filters.notebook.plotter",
}

__all__ = [*_EXPORTS]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'stsr_filters' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
