"""What is compared, and how: plain values that also stand in the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stsr_core.kept import Kept


@dataclass(frozen=True)
class Case:
    """One row of a table: a field kind with its settings.

    Parameters
    ----------
    label : str
        Name in tables and figures; unique within a study.
    kind : str
        Key of :data:`stsr_core.fields.KINDS`.
    configuration : mapping
        Keyword arguments of the field.
    recipe : mapping
        Values that replace those of the kind's :class:`stsr_core.training.Recipe`.
    joint : bool
        One field for all variables, or one for each.
    setting : float or None
        The value of the study's parameter, where it is a number.
    compact : bool
        As for :func:`stsr_core.training.fit`.
    """

    label: str
    kind: str
    configuration: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    joint: bool = True
    setting: float | None = None
    compact: bool = False


@dataclass(frozen=True)
class Study:
    """Cases that are set side by side.

    Parameters
    ----------
    name : str
        Stem of its files.
    title, explanation : str
        Heading and first sentence of its section.
    cases : tuple of Case
    parameter : str
        What differs between the cases: the head of the first column, and the axis where it is a number.
    unsupervised : bool
        Everything is kept and sampled beyond its own resolution, where there is no ground truth.
    minutes : float or None
        In place of :attr:`Settings.minutes`.
    """

    name: str
    title: str
    explanation: str
    cases: tuple[Case, ...]
    parameter: str = "method"
    unsupervised: bool = False
    minutes: float | None = None


@dataclass(frozen=True)
class Settings:
    """What all studies of a report share.

    Parameters
    ----------
    kept : mapping of str to Kept
        By variable.
    minutes, epochs : float, int or None
        Length of a training run per variable: a joint run over n variables gets n times the minutes.
    seed, device, fill
        As for :func:`stsr_core.training.fit`.
    isovalues : mapping of str to float
        By variable, in its unit; a variable without one gets
        :func:`stsr_core.measuring.isovalue.separating_value`.
    most_voxels : int
        Upper bound on the voxels evaluated per variable and case; above it some steps of each kind are drawn.
    steps_rendered : int
        Steps of a variable that are rendered, for LPIPS; at least 3.
    size : int
        Width and height in pixels of a rendering, an even number >= 64.
    upscale_space, upscale_time : float
        u_s and u_t of the unsupervised study, > 0.
    cells : {"largest", "all"}, optional
        Measure cells as well: see :func:`stsr_core.measuring.segmenting.segmenter`.
    """

    kept: Mapping[str, Kept]
    minutes: float | None = 3.0
    epochs: int | None = None
    seed: int = 0
    device: str = "auto"
    fill: float | str | None = None
    isovalues: Mapping[str, float] = field(default_factory=dict)
    most_voxels: int = 16_000_000
    steps_rendered: int = 6
    size: int = 512
    upscale_space: float = 1.75
    upscale_time: float = 2.5
    cells: str | None = None

    def __post_init__(self) -> None:
        if self.minutes is None and self.epochs is None:
            raise ValueError("minutes or epochs must be given, got neither")
        if self.minutes is not None and not 0 < self.minutes < float("inf"):
            raise ValueError(f"minutes must be a finite number > 0, got {self.minutes}")
        if self.epochs is not None and self.epochs < 1:
            raise ValueError(f"epochs must be >= 1, got {self.epochs}")
        if self.steps_rendered < 3:
            raise ValueError(f"the rendered steps must be at least 3, got {self.steps_rendered}")
        if self.size < 64 or self.size % 2:
            raise ValueError(f"the size of a rendering must be an even number >= 64, got {self.size}")
        if self.most_voxels < 1:
            raise ValueError(f"the number of voxels to evaluate must be >= 1, got {self.most_voxels}")
        for name, scale in (("upscale_space", self.upscale_space), ("upscale_time", self.upscale_time)):
            if not 0 < scale < float("inf"):
                raise ValueError(f"{name} must be a finite number > 0, got {scale}")
