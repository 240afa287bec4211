"""Series that need no download."""

from stsr_core.datasets.analytic import tornado, tornado_value

__all__ = ["tornado", "tornado_value"]
