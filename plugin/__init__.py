"""The filter classes that Stsr.xml names, importable inside ParaView.

ParaView imports this module by the name in the XML, `stsr_plugin.NeuralUpscale`. Importing it makes the
environment named in STSR_SITE_PACKAGES importable; the classes come on first use, so that
`stsr-paraview` runs without any VTK.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from stsr_plugin.site_packages import activate

activate()

from stsr_core.lazy import attach  # noqa: E402  (importable only now)
from stsr_filters.pipeline import live  # noqa: E402
from stsr_plugin.window import ParaViewWindow, called_by_a_click  # noqa: E402

live.use(ParaViewWindow())

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
    "FilterFailed": "stsr_plugin.failure",
    "check": "stsr_plugin.failure",
    "linked_views": "stsr_plugin.live.views",
    "show": "stsr_plugin.live.show",
    "show_picture": "stsr_plugin.live.picture",
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
    from stsr_plugin.failure import FilterFailed as FilterFailed
    from stsr_plugin.failure import check as check
    from stsr_plugin.live.picture import show_picture as show_picture
    from stsr_plugin.live.show import show as show
    from stsr_plugin.live.views import linked_views as linked_views

__getattr__, __dir__ = attach(__name__, _EXPORTS)

if find_spec("paraview") is not None:  # ParaView's own Python
    from stsr_plugin.live import panel
    from stsr_plugin.older_numpy import restore

    restore()
    panel.watch()
if getattr(sys.modules.get("paraview"), "fromGUI", False) or called_by_a_click():
    with suppress(ImportError):  # a server of ParaView without the modules of its client
        from stsr_plugin.live.on_apply import watch

        watch()
