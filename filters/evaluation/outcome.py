"""What one study found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stsr_filters.evaluation.fitting import Made
from stsr_filters.evaluation.settings import Study


@dataclass
class Outcome:
    """What one study found.

    Parameters
    ----------
    study : Study
    made : dict of str to Made
        By label; a case that could not be made is missing.
    results : dict
        Label → variable → result; for an unsupervised study the values are :class:`Upscaled`.
    refused : dict of str to str
        Label → why it could not be made.
    figures : list of (str, str)
        File name and caption.
    """

    study: Study
    made: dict[str, Made] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    figures: list[tuple[str, str]] = field(default_factory=list)
