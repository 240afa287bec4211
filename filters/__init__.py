"""VTK algorithms around :mod:`stsr_core`: plain VTK classes that know nothing of ParaView.

Names are imported on first use: the algorithms need numpy and VTK, torch only when something is decoded,
and OpenGL only for the pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stsr_core.lazy import attach

#: Public name → module: the whole public surface.
_EXPORTS = {
    "NeuralUpscale": "stsr_filters.algorithms.neural_upscale",
    "STSRModel": "stsr_filters.algorithms.stsr_model",
    "LatentInterpolate": "stsr_filters.algorithms.latent_interpolate",
    "NeuralFit": "stsr_filters.algorithms.neural_fit",
    "CompareToGT": "stsr_filters.algorithms.compare_to_gt",
    "ImageDatabase": "stsr_filters.algorithms.image_database",
    "MultiscaleDiffusion": "stsr_filters.algorithms.multiscale_diffusion",
    "NeuralHomogenization": "stsr_filters.algorithms.neural_homogenization",
    "render_volume": "stsr_filters.rendering.render",
    "render_database": "stsr_filters.images.rendering",
    "render_isosurface": "stsr_filters.rendering.render",
    "Camera": "stsr_filters.rendering.camera",
    "TransferFunction": "stsr_filters.rendering.transfer_function",
    "transfer_function_of": "stsr_filters.rendering.derived_transfer_function",
    "side_by_side": "stsr_filters.rendering.side_by_side",
    "side_by_side_animation": "stsr_filters.rendering.animation",
    "pyvista_views": "stsr_filters.notebook.plotter",
}

__all__ = [*_EXPORTS]

if TYPE_CHECKING:
    from stsr_filters.algorithms.compare_to_gt import CompareToGT as CompareToGT
    from stsr_filters.algorithms.image_database import ImageDatabase as ImageDatabase
    from stsr_filters.algorithms.latent_interpolate import LatentInterpolate as LatentInterpolate
    from stsr_filters.algorithms.multiscale_diffusion import MultiscaleDiffusion as MultiscaleDiffusion
    from stsr_filters.algorithms.neural_fit import NeuralFit as NeuralFit
    from stsr_filters.algorithms.neural_homogenization import NeuralHomogenization as NeuralHomogenization
    from stsr_filters.algorithms.neural_upscale import NeuralUpscale as NeuralUpscale
    from stsr_filters.algorithms.stsr_model import STSRModel as STSRModel
    from stsr_filters.images.rendering import render_database as render_database
    from stsr_filters.notebook.plotter import pyvista_views as pyvista_views
    from stsr_filters.rendering.animation import side_by_side_animation as side_by_side_animation
    from stsr_filters.rendering.camera import Camera as Camera
    from stsr_filters.rendering.derived_transfer_function import transfer_function_of as transfer_function_of
    from stsr_filters.rendering.render import render_isosurface as render_isosurface
    from stsr_filters.rendering.render import render_volume as render_volume
    from stsr_filters.rendering.side_by_side import side_by_side as side_by_side
    from stsr_filters.rendering.transfer_function import TransferFunction as TransferFunction

__getattr__, __dir__ = attach(__name__, _EXPORTS)
