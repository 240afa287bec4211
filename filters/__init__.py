"""VTK algorithms around :mod:`stsr_core`: plain VTK classes that know nothing of ParaView.

Importing them needs numpy and VTK; torch is imported when something is decoded.
"""

from __future__ import annotations

from stsr_filters.model_source import STSRModel
from stsr_filters.neural_upscale import NeuralUpscale

__all__ = ["NeuralUpscale", "STSRModel"]
