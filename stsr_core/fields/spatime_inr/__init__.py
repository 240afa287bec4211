"""SpatimeINR: a living cell at any place and time, from one coarse sequence of it alone."""

from stsr_core.fields.spatime_inr.field import SpatimeInr

__all__ = ["SpatimeInr"]
