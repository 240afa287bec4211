"""What one output step shows, array by array, before it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stsr_core.request.extras import Quantity


@dataclass(frozen=True)
class Mix:
    """The content of one array: a variable, or several with weights, at one time.

    Parameters
    ----------
    time : float
        Physical time.
    weights : tuple of (str, float)
        Weight by variable, of sum 1. The first variable says where and when all of them are: positions and
        times of the others are taken relative to their own boxes and time ranges.
    interpolation : str
        "linear" or "spherical", see :func:`stsr_core.inference.latent.interpolated_latent`.
    quantity : Quantity
        What is said of it; of several variables there are only values.
    limits : (float, float), optional
        Values and the ends of their interval are kept between these; see
        :func:`stsr_core.request.clamp.limits_of`.
    """

    time: float
    weights: tuple[tuple[str, float], ...]
    interpolation: str = "linear"
    quantity: Quantity = Quantity.VALUE
    limits: tuple[float, float] | None = None

    @classmethod
    def of(
        cls,
        name: str,
        time: float,
        quantity: Quantity = Quantity.VALUE,
        limits: tuple[float, float] | None = None,
    ) -> Mix:
        """Of a variable alone.

        Examples
        --------
        >>> Mix.of("p", 2.0).weights
        (('p', 1.0),)
        """
        return cls(time, ((name, 1.0),), quantity=quantity, limits=limits)

    def as_quantity(self, quantity: Quantity) -> Mix:
        """Another quantity of the same variable at the same time."""
        return replace(self, quantity=quantity)

    @property
    def text(self) -> str:
        """The weights that count, in words.

        Examples
        --------
        >>> Mix(0.0, (("a", 0.25), ("b", 0.0), ("c", 0.75))).text
        'a 0.25 + c 0.75'
        """
        return " + ".join(f"{name} {weight:.2f}" for name, weight in self.weights if weight > 0)


@dataclass(frozen=True)
class Step:
    """The arrays of an output at one time; what and when they are, in the words of the status line."""

    arrays: Mapping[str, Mix]
    text: str
    when: str

    @property
    def lies_between(self) -> bool:
        """Whether an array lies between variables, and is none of them."""
        return any(sum(weight > 0 for _, weight in mix.weights) > 1 for mix in self.arrays.values())
