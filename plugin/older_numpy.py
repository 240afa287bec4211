"""What ParaView's own modules take from numpy, and newer ones have under another name.

ParaView's Python sees the environment's numpy: its Python Calculator and Programmable Filter begin with
``numpy.in1d``, which numpy 2.4 took away.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def restore() -> None:
    """Give numpy the names back that it has lost."""
    if not hasattr(np, "in1d"):
        np.in1d = _in1d  # type: ignore[attr-defined]  # noqa: NPY201  (ParaView asks for it)


def _in1d(ar1: Any, ar2: Any, **options: Any) -> np.ndarray:
    """Whether each element of the flattened ``ar1`` is in ``ar2``.

    Examples
    --------
    >>> _in1d([[1, 2], [3, 4]], [2, 4]).tolist()
    [False, True, False, True]
    """
    return np.isin(np.ravel(ar1), ar2, **options)
