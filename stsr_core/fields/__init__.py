"""Continuous fields, a file or folder per method, all behind :class:`stsr_core.fields.base.Field`."""

from stsr_core.fields.kinds import KINDS, Kind, create, field_class, kind_of
from stsr_core.fields.recipe import Recipe

__all__ = ["KINDS", "Kind", "Recipe", "create", "field_class", "kind_of"]
