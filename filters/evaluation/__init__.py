"""Methods and network variants measured against the ground truth: one report of tables and figures.

``plan`` says what is compared, ``run`` does it, ``report`` and the figures write it down; ``command`` is the
program ``stsr evaluate``. Torch is loaded when something is trained, not on import.
"""

from __future__ import annotations

from stsr_filters.evaluation.run import evaluate_studies
from stsr_filters.evaluation.settings import Case, Kept, Settings, Study
from stsr_filters.evaluation.studies import STUDIES, methods, study

__all__ = ["STUDIES", "Case", "Kept", "Settings", "Study", "evaluate_studies", "methods", "study"]
