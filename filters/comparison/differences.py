"""Error arrays: where, and by how much, a prediction departs from its ground truth."""

from __future__ import annotations

import numpy as np

from stsr_core.measuring.pair import Pair


def error_arrays(pair: Pair) -> dict[str, np.ndarray]:
    """Both values and three errors at every node.

    Returns
    -------
    dict of str to ndarray
        (Z, Y, X) each. ``NAME`` and ``NAME_prediction`` as they came; with e = prediction − truth,
        ``NAME_error`` = e, ``NAME_absolute_error`` = |e| and ``NAME_relative_error`` = |e| / |truth|. The
        last is 0 where both are 0, and NaN where the truth alone is; all are NaN where nothing is compared.
        float64 if one of the two values is, otherwise float32.

    Examples
    --------
    >>> truth, found = np.array([[[2.0, 0.0, 0.0]]]), np.array([[[1.0, 0.0, 3.0]]])
    >>> arrays = error_arrays(Pair("T", "T", truth, found, np.ones((1, 1, 3), bool)))
    >>> arrays["T_error"].tolist(), arrays["T_relative_error"].tolist()
    ([[[-1.0, 0.0, 3.0]]], [[[0.5, 0.0, nan]]])
    """
    dtype = np.float64 if np.float64 in (pair.truth.dtype, pair.prediction.dtype) else np.float32
    truth = np.where(pair.mask, pair.truth, np.nan).astype(np.float64)
    error = np.where(pair.mask, pair.prediction, np.nan).astype(np.float64) - truth
    absolute = np.abs(error)
    relative = np.full(truth.shape, np.nan)
    with np.errstate(over="ignore"):  # beyond the largest number is infinite, which is said by being so
        np.divide(absolute, np.abs(truth), out=relative, where=truth != 0)
        relative[(truth == 0) & (error == 0)] = 0.0
        return {
            pair.name: pair.truth,
            f"{pair.name}_prediction": pair.prediction,
            f"{pair.name}_error": error.astype(dtype),
            f"{pair.name}_absolute_error": absolute.astype(dtype),
            f"{pair.name}_relative_error": relative.astype(dtype),
        }


def error_units(pair: Pair) -> dict[str, str]:
    """Unit of each of those arrays; the relative error has none."""
    suffixes = ("", "_prediction", "_error", "_absolute_error")
    return {f"{pair.name}{suffix}": pair.unit for suffix in suffixes}
