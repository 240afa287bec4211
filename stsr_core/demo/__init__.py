"""The whole path on a generated series: coarse tornado → model → full resolution, table and picture."""

from stsr_core.demo.pipeline import SPATIAL_FACTOR, TEMPORAL_GAP, DemoResult, draw, run

__all__ = ["SPATIAL_FACTOR", "TEMPORAL_GAP", "DemoResult", "draw", "run"]
