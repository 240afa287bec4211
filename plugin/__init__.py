"""The filter classes that Stsr.xml names, importable inside ParaView.

ParaView imports this module by the name in the XML, `stsr_plugin.NeuralUpscale`. Importing it makes the
environment named in STSR_SITE_PACKAGES importable; the classes come on first use, so that
`stsr-paraview` runs without any VTK.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from stsr_plugin.site_packages import activate

activate()

#: Public name → module: the whole public surface.
_EXPORTS = {
    "NeuralUpscale": "stsr_filters.algorithms.neural_upscale",
    "STSRModel": "stsr_filters.algorithms.stsr_model",
    "LatentInterpolate": "stsr_filters.algorithms.latent_interpolate",
    "NeuralFit": "stsr_filters.algorithms.neural_fit",
    "CompareToGT": "stsr_filters.algorithms.compare_to_gt",
    "FilterFailed": "stsr_plugin.failure",
    "check": "stsr_plugin.failure",
    "linked_views": "stsr_plugin.live.views",
}

__all__ = list(_EXPORTS)


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'stsr_plugin' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
