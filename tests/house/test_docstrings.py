"""The docstrings of public names keep to numpydoc, and name the parameters that there are."""

from __future__ import annotations

import importlib
import inspect

import pytest

validate = pytest.importorskip("numpydoc.validate").validate

PACKAGES = (
    "stsr_core",
    "stsr_core.homogenization",
    "stsr_core.imagecodec",
    "stsr_core.metrics",
    "stsr_filters",
    "stsr_filters.notebook",
    "stsr_plugin",
)
#: No docstring; a missing, multi-line or unfinished summary; sections in disorder; parameters missing,
#: unknown or in another order; no space before a colon. See Also and Examples are a matter of need.
ERRORS = (
    *("GL03", "GL05", "GL06", "GL07", "GL08", "SS01", "SS02", "SS03", "SS04", "SS06"),
    *("PR01", "PR02", "PR03", "PR05", "PR06", "PR10", "YD01"),
)


def public() -> list[str]:
    """Dotted paths of all public functions and classes that can be imported outside ParaView."""
    found = []
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name, home in module._EXPORTS.items():
            if home.startswith("stsr_plugin.live"):
                continue  # needs ParaView's Python
            value = getattr(module, name)
            if inspect.isroutine(value) or inspect.isclass(value):
                found.append(f"{value.__module__}.{value.__qualname__}")
    return sorted(set(found))


@pytest.mark.requires_vtk
def test_public_docstrings_are_numpydoc() -> None:
    wrong = [
        f"{path}: {code} {text}"
        for path in public()
        for code, text in validate(path)["errors"]
        if code in ERRORS
    ]
    assert not wrong, "\n".join(wrong)
