"""Errors and warnings in words, where ParaView and VTK show them."""

from __future__ import annotations

import traceback
from typing import Any

from stsr_filters.pipeline.sentence import EXPECTED, sentence
from stsr_filters.pipeline.vtk_compat import vtkOutputWindow


def show_error(algorithm: Any, label: str, error: Exception) -> None:
    """A red line in ParaView's Output Messages, and an ErrorEvent with the text as its data."""
    text = f"{label}: {sentence(error)}"
    if not isinstance(error, EXPECTED):
        text += "\n" + "".join(traceback.format_exception(error))
    vtkOutputWindow.GetInstance().DisplayErrorText(f"ERROR: {text}\n")
    algorithm.InvokeEvent("ErrorEvent", text)


def show_warning(algorithm: Any, label: str, warning: str) -> None:
    """A yellow line in ParaView's Output Messages, and a WarningEvent with the text as its data."""
    text = f"{label}: {warning}"
    vtkOutputWindow.GetInstance().DisplayWarningText(f"Warning: {text}\n")
    algorithm.InvokeEvent("WarningEvent", text)
