"""The panel against the classes: what a list offers is what the code knows, and defaults are the same.

A plain VTK user, who sets nothing, gets what the panel shows. A new property needs its entry in the XML and
its setter; a list of choices besides, the enumeration it stands for.
"""

from __future__ import annotations

import dataclasses
from enum import IntEnum
from typing import Any
from xml.etree import ElementTree

import pytest
from panel import PROXIES, class_of, is_property

import stsr_filters
from stsr_core.measuring.segmenting import CellChoice
from stsr_core.request.blend import INTERPOLATIONS, BlendMode
from stsr_core.request.clamp import Clamp
from stsr_core.request.extras import Uncertainty
from stsr_core.request.output_grid import GridMode
from stsr_core.request.output_times import TimeMode
from stsr_filters.algorithms.image_database import View
from stsr_filters.algorithms.model_source import BaseGrid
from stsr_filters.algorithms.neural_homogenization import Amplitude
from stsr_filters.comparison.pictures import PictureKind
from stsr_filters.comparison.steps import TimeMatching
from stsr_filters.comparison.surface_choice import Surface
from stsr_filters.fitting.fit_properties import LearnIn, MissingValues

Interpolation = IntEnum("Interpolation", [name.upper() for name in INTERPOLATIONS], start=0)
#: Property → the values that its setter takes.
ENUMERATIONS: dict[str, type[IntEnum]] = {
    "OutputGrid": GridMode,
    "BaseGrid": BaseGrid,
    "View": View,
    "TimeSteps": TimeMode,
    "Blend": BlendMode,
    "Interpolation": Interpolation,
    "TimeMatching": TimeMatching,
    "Isosurface": Surface,
    "Cells": CellChoice,
    "PictureKind": PictureKind,
    "MissingValues": MissingValues,
    "LearnIn": LearnIn,
    "Uncertainty": Uncertainty,
    "Clamp": Clamp,
    "Amplitude": Amplitude,
}
#: Where the panel says it in another word, which states and scripts hold.
OTHER_WORDS = {("TimeSteps", "TRAINED"): "KEPT"}


def entries(element: ElementTree.Element) -> dict[str, int]:
    """Name in the code → value, of each entry of a list."""
    found = {}
    for entry in element.iter("Entry"):
        word = entry.get("text").split()[0].upper()
        found[OTHER_WORDS.get((element.get("name"), word), word)] = int(entry.get("value"))
    return found


ALL = [(name, element) for name, proxy in PROXIES.items() for element in proxy if is_property(element)]
LISTS = [(name, element) for name, element in ALL if element.find("EnumerationDomain") is not None]
SETTERS = [
    (name, element)
    for name, element in ALL
    if element.get("information_only") != "1" and (element.get("default_values") is not None)
]


def named(rows: list[tuple[str, ElementTree.Element]]) -> Any:
    """One test for each property."""
    return pytest.mark.parametrize(
        ("proxy", "element"), [pytest.param(n, e, id=f"{n}.{e.get('name')}") for n, e in rows]
    )


@named(LISTS)
def test_every_entry_of_a_list_is_a_value_that_its_setter_knows(proxy, element):
    known = {member.name: member.value for member in ENUMERATIONS[element.get("name")]}
    offered = entries(element)
    assert offered
    assert offered.items() <= known.items()


def test_every_value_is_offered_somewhere():
    """What a source leaves out, because it has no input, a filter offers."""
    for name, enumeration in ENUMERATIONS.items():
        offered: dict[str, int] = {}
        for _, element in LISTS:
            if element.get("name") == name:
                offered |= entries(element)
        assert offered == {member.name: member.value for member in enumeration}, name


@pytest.mark.parametrize("proxy", PROXIES)
def test_every_command_is_a_method_of_its_class(proxy):
    algorithm = getattr(stsr_filters, class_of(proxy))()
    for element in filter(is_property, PROXIES[proxy]):
        for attribute in ("command", "clean_command"):
            command = element.get(attribute)
            assert command is None or callable(getattr(algorithm, command)), element.get("name")


def state(value: Any) -> Any:
    """What an object of this project holds, to be compared; others stand for themselves."""
    if dataclasses.is_dataclass(value):
        return {f.name: state(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: state(v) for key, v in value.items()}
    if isinstance(value, tuple | list):
        return [state(v) for v in value]
    if type(value).__module__.startswith(("stsr_core", "stsr_filters")) and not isinstance(value, IntEnum):
        # References to VTK objects, the algorithm itself among them, are no settings.
        return {k: state(v) for k, v in vars(value).items() if not hasattr(v, "GetClassName")}
    return value


def default(element: ElementTree.Element) -> list[Any]:
    """The values that the panel sends at first."""
    text = element.get("default_values")
    if element.tag == "StringVectorProperty":
        return [text]
    return [(int if element.tag == "IntVectorProperty" else float)(word) for word in text.split()]


def other(element: ElementTree.Element) -> list[Any]:
    """Values that differ from the default and lie in the domain."""
    if element.tag == "StringVectorProperty":
        return ["other"]
    if element.find("EnumerationDomain") is not None or element.find("BooleanDomain") is not None:
        return [1 if default(element) == [0] else 0]
    return [value + 1 for value in default(element)]


@named(SETTERS)
def test_the_default_of_the_panel_is_that_of_the_class(proxy, element):
    """Setting it changes nothing, and setting anything else does."""
    algorithm = getattr(stsr_filters, class_of(proxy))()
    fresh, modified = state(algorithm), algorithm.GetMTime()
    setter = getattr(algorithm, element.get("command"))
    setter(*default(element))
    assert state(algorithm) == fresh
    assert algorithm.GetMTime() == modified, "or else Apply would compute again"
    if default(element) == [""]:
        setter(None)  # as ParaView sends it
        assert state(algorithm) == fresh
    setter(*other(element))
    assert state(algorithm) != fresh
