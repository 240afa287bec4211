"""Continuous fields, one per file, all behind :class:`stsr_core.fields.base.Field`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from stsr_core.coordinates import Domain

#: kind → (module, class): the whole registry.
KINDS = {
    "modulated_siren": ("stsr_core.fields.modulated_siren", "ModulatedSiren"),
    "stsr_inr": ("stsr_core.fields.stsr_inr", "StsrInr"),
    "tricubic_linear": ("stsr_core.fields.interpolation", "TricubicLinear"),
    "cubic": ("stsr_core.fields.interpolation", "Cubic"),
    "nearest": ("stsr_core.fields.interpolation.nearest", "Nearest"),
    "coordnet": ("stsr_core.fields.coordnet", "CoordNet"),
    "stnet": ("stsr_core.fields.stnet", "STNet"),
}


def field_class(kind: str) -> Any:
    """The class of a field kind.

    Raises
    ------
    ValueError
        If the kind is unknown.
    """
    if kind not in KINDS:
        raise ValueError(f"field must be one of {', '.join(KINDS)}, got {kind!r}")
    module, name = KINDS[kind]
    return getattr(import_module(module), name)


def create(kind: str, domain: Domain, configuration: dict[str, Any] | None = None) -> Any:
    """A new, untrained field.

    Raises
    ------
    ValueError
        If the kind, or an entry of the configuration, is unknown or out of range.
    """
    try:
        return field_class(kind)(domain, **(configuration or {}))
    except TypeError as error:
        raise ValueError(f"{kind}: {error}") from error
