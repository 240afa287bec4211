"""Continuous fields, a file or folder per method, all behind :class:`stsr_core.fields.base.Field`."""

from stsr_core.fields.kind import Kind
from stsr_core.fields.kinds import AUTO, KINDS, WORDS, create, field_class, kind_of, named, preset
from stsr_core.fields.recipe import Recipe

__all__ = ["AUTO", "KINDS", "WORDS", "Kind", "Recipe", "create", "field_class", "kind_of", "named", "preset"]
