"""Training: one loop, its optimizers and recipes, exact resume."""

from stsr_core.training.loop import Progress
from stsr_core.training.recipe import RECIPES, Recipe, learning_rate
from stsr_core.training.runs import fit, resume

__all__ = ["RECIPES", "Progress", "Recipe", "fit", "learning_rate", "resume"]
