"""Training: the session under every trainer, the loop, and a folder per method that trains otherwise."""

from stsr_core.fields.kinds import KINDS
from stsr_core.fields.recipe import Recipe
from stsr_core.training.runs import fit, resume
from stsr_core.training.schedule import learning_rate
from stsr_core.training.session import Progress

#: Field kind → its default recipe; interpolations have none.
RECIPES = {name: kind.recipe for name, kind in KINDS.items() if kind.recipe is not None}

__all__ = ["RECIPES", "Progress", "Recipe", "fit", "learning_rate", "resume"]
