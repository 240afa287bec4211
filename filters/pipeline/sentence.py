"""An error in one line, the same in every process."""

from __future__ import annotations

#: What a user can cause; its text is a sentence and no traceback is shown.
EXPECTED = (ValueError, OSError, ImportError, MemoryError)


def sentence(error: Exception) -> str:
    """The error in one line; the type in front of what was not foreseen."""
    text = " ".join(str(error).split())
    return text if isinstance(error, EXPECTED) and text else f"{type(error).__name__}: {text}"
