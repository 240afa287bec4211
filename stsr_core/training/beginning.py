"""What is checked before a run begins or goes on, whatever it learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from stsr_core.checks import is_whole

#: A frozen dataclass with the entries ``minutes`` and ``epochs``.
AnyRecipe = TypeVar("AnyRecipe")


def checked_seed(seed: int) -> int:
    """Refuse a seed that is no whole number >= 0."""
    if not is_whole(seed, 0):
        raise ValueError(f"seed must be a whole number >= 0, got {seed!r}")
    return seed


def of_length(recipe: AnyRecipe, minutes: float | None, epochs: int | None) -> AnyRecipe:
    """The recipe, for a run of another length where one is given."""
    if minutes is None and epochs is None:
        return recipe
    return replace(recipe, minutes=minutes, epochs=epochs)  # type: ignore[type-var, call-arg]


def checked_output(output: Path, overwrite: bool = False) -> None:
    """Refuse an output that exists, or whose folder does not, before any work is done."""
    if output.suffix != ".stsr":
        raise ValueError(f"the model file must end in .stsr, got {output}")
    if not output.parent.is_dir():
        raise FileNotFoundError(f"{output}: the folder {output.parent} does not exist")
    if output.exists() and not overwrite:
        raise FileExistsError(f"{output} exists; choose another output, or ask to overwrite or to resume it")


def unfinished_run(output: str | Path, training: dict[str, Any] | None) -> dict[str, Any]:
    """What a model file says of its unfinished run; ValueError if that is finished."""
    if training is None:
        raise ValueError(f"{output}: nothing to resume, the training run is finished")
    return training
