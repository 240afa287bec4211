"""What the rest of the project knows of a kind of field: a row of :mod:`stsr_core.fields.kinds`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stsr_core.fields.recipe import Recipe


@dataclass(frozen=True)
class Kind:
    """What the rest of the project needs to know of a kind before its module is loaded.

    Parameters
    ----------
    module, class_name : str
        Where its class is; see :class:`stsr_core.fields.base.Field`.
    label : str
        Its name in tables and figures.
    recipe : Recipe or None
        How it is trained by default; None for an interpolation, which holds the kept samples themselves.
    profiles : mapping of str to Recipe
        Variants that its configuration names by an entry ``profile``, and how each is trained.
    trainer : str
        Module whose function ``train(network, kept, recipe, session)`` trains it.
    latent_vectors : bool
        True where variables have trained latent vectors; elsewhere a latent vector only says which is meant.
    kept_samples_suffice : bool
        False where training reads more than the kept samples.
    between : str
        What is shown between variables, where it is not what is shown of each; one sentence.
    has_gaps : bool
        True where missing kept samples can be left out.
    may_close : bool
        True where axes can close on themselves: its configuration has an entry ``periodic``.
    made_by : str
        The command that makes it of another model, where it is not fitted to data.
    reads_frames : bool
        True where a network stands on frames, of which a tile reads all that lies about it: thin tiles, which
        are best for a network alone, would read the same frames again and again.
    """

    module: str
    class_name: str
    label: str
    recipe: Recipe | None = None
    profiles: Mapping[str, Recipe] = field(default_factory=dict)
    trainer: str = "stsr_core.training.loop"
    latent_vectors: bool = False
    kept_samples_suffice: bool = True
    between: str = ""
    has_gaps: bool = False
    may_close: bool = False
    made_by: str = ""
    reads_frames: bool = False

    @property
    def is_interpolation(self) -> bool:
        """True where nothing is trained; a whole step at once is then several times faster than tiles."""
        return self.recipe is None

    def recipe_for(self, configuration: Mapping[str, Any] | None = None) -> Recipe | None:
        """How it is trained with a configuration: as its profile says, if it names one of those."""
        profile = (configuration or {}).get("profile")
        return self.profiles.get(profile, self.recipe) if isinstance(profile, str) else self.recipe
