"""Errors and warnings in words, where ParaView and VTK show them."""

from __future__ import annotations

import traceback
from typing import Any

from stsr_filters.pipeline.vtk_compat import vtkOutputWindow

#: What a user can cause; its text is a sentence and no traceback is shown.
_EXPECTED = (ValueError, OSError, ImportError, MemoryError)


def sentence(error: Exception) -> str:
    """The error in one line; the type in front of what was not foreseen."""
    text = " ".join(str(error).split())
    return text if isinstance(error, _EXPECTED) and text else f"{type(error).__name__}: {text}"


def show_error(algorithm: Any, label: str, error: Exception) -> None:
    """A red line in ParaView's Output Messages, and an ErrorEvent with the text as its data."""
    text = f"{label}: {sentence(error)}"
    if not isinstance(error, _EXPECTED):
        text += "\n" + "".join(traceback.format_exception(error))
    vtkOutputWindow.GetInstance().DisplayErrorText(f"ERROR: {text}\n")
    algorithm.InvokeEvent("ErrorEvent", text)


def show_warning(algorithm: Any, label: str, warning: str) -> None:
    """A yellow line in ParaView's Output Messages, and a WarningEvent with the text as its data."""
    text = f"{label}: {warning}"
    vtkOutputWindow.GetInstance().DisplayWarningText(f"Warning: {text}\n")
    algorithm.InvokeEvent("WarningEvent", text)
