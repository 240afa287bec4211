"""How one variable is drawn in every picture of a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stsr_core.checks import choice, is_number
from stsr_core.measuring.isovalue import separating_value
from stsr_filters.rendering.derived_transfer_function import transfer_function_of
from stsr_filters.rendering.props import SURFACE_COLOR, surface_prop, volume_prop
from stsr_filters.rendering.transfer_function import TransferFunction

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkRenderingCore import vtkProp3D

STYLES = ("volume", "isosurface")


@dataclass(frozen=True)
class Appearance:
    """One array drawn in one way.

    Parameters
    ----------
    array : str
    style : {"volume", "isosurface"}
    transfer_function : TransferFunction, optional
        Of a volume.
    isovalue : float, optional
        Of an isosurface, in the array's unit.
    color : (red, green, blue)
        Of an isosurface, 0 to 1.
    unit : str
        Of the array.

    Raises
    ------
    ValueError
        An entry is not as said above, or what the style needs is missing.
    """

    array: str
    style: str
    transfer_function: TransferFunction | None = None
    isovalue: float | None = None
    color: tuple[float, ...] = SURFACE_COLOR
    unit: str = ""

    def __post_init__(self) -> None:
        choice(self, "style", STYLES)
        object.__setattr__(self, "color", tuple(self.color))
        if self.style == "volume" and self.transfer_function is None:
            raise ValueError(f"{self.array}: a volume must have a transfer_function, got none")
        if self.style == "isosurface" and not is_number(self.isovalue):
            raise ValueError(f"{self.array}: isovalue must be a finite number, got {self.isovalue!r}")

    def prop(self, image: vtkImageData) -> vtkProp3D:
        """What VTK draws of a step."""
        if self.transfer_function is not None:
            return volume_prop(image, self.array, self.transfer_function)
        assert self.isovalue is not None  # checked above
        return surface_prop(image, self.array, self.isovalue, self.color)

    def to_json(self) -> dict[str, Any]:
        """Plain values without what does not count; :meth:`from_json` is the inverse."""
        plain = {key: value for key, value in asdict(self).items() if value is not None}
        if self.style == "volume":
            del plain["color"]
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Appearance:
        """The appearance that plain values tell of; TypeError or ValueError if they tell of none."""
        known = {entry.name for entry in fields(cls)}
        if unknown := set(plain) - known:
            raise ValueError(f"an appearance has no entry {', '.join(sorted(unknown))}")
        function = plain.get("transfer_function")
        return cls(**{**plain, "transfer_function": function and TransferFunction(**function)})


@dataclass(frozen=True)
class Look:
    """What the user asks of the appearance; what is None is taken from the data, or from the database.

    Parameters
    ----------
    styles : tuple of {"volume", "isosurface"}, optional
        Both draw every variable twice; volumes by default.
    colors : str, optional
        A colour map of matplotlib for volumes.
    transfer_function : path, optional
        A colour map of ParaView: a preset (.json, .xml), stretched to the values, or a state (.pvsm).
    isovalue : float, optional
    """

    styles: tuple[str, ...] | None = None
    colors: str | None = None
    transfer_function: str | None = None
    isovalue: float | None = None

    def __post_init__(self) -> None:
        for style in self.styles or ():
            if style not in STYLES:
                raise ValueError(f"style must be one of {', '.join(STYLES)}, got {style!r}")
        if self.isovalue is not None and "isosurface" not in (self.styles or ()):
            raise ValueError(f"isovalue is that of the style isosurface, got {self.isovalue} without it")
        if self.colors is not None and self.transfer_function is not None:
            raise ValueError("at most one of colors and transfer_function can be chosen, got both")

    def asks_of(self, style: str) -> bool:
        """Whether anything but the data says how a style is drawn."""
        if style == "isosurface":
            return self.isovalue is not None
        return self.colors is not None or self.transfer_function is not None

    def shown(self, array: str) -> dict[str, str]:
        """Name in the database → style, of one array.

        Examples
        --------
        >>> Look().shown("p"), Look(("volume", "isosurface")).shown("p")
        ({'p': 'volume'}, {'p volume': 'volume', 'p isosurface': 'isosurface'})
        """
        styles = tuple(dict.fromkeys(self.styles or STYLES[:1]))
        return {array if len(styles) == 1 else f"{array} {style}": style for style in styles}

    def of(self, array: str, style: str, values: np.ndarray, unit: str = "") -> Appearance:
        """The appearance of an array whose values over all times are these.

        Raises
        ------
        ValueError
            If there is no value that a surface could have, or the file holds no colour map.
        """
        if style == "volume":
            return Appearance(array, style, self._function(array, values), unit=unit)
        isovalue = separating_value(values) if self.isovalue is None else self.isovalue
        if isovalue is None:
            raise ValueError(f"{array}: has one value everywhere, so no isosurface; draw the volume")
        return Appearance(array, style, isovalue=isovalue, unit=unit)

    def _function(self, array: str, values: np.ndarray) -> TransferFunction:
        file = self.transfer_function
        if file is None:
            return transfer_function_of(values, colors=self.colors or "viridis", name=array)
        if Path(file).suffix.lower() == ".pvsm":
            return TransferFunction.from_pvsm(file, array)
        finite = values[np.isfinite(values)]
        preset = TransferFunction.from_paraview_preset(file)
        low, high = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
        return preset.rescaled(low, high) if low < high else preset
