"""STSR-INR (Tang and Wang): the published network over blocks of the volume."""

from stsr_core.fields.stsr_inr.field import PROFILES, StsrInr, StsrInrConfig

__all__ = ["PROFILES", "StsrInr", "StsrInrConfig"]
