"""A line of text over a view goes when nobody is there any more who wants it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.requires_vtk


def test_a_label_says_what_the_first_one_says_and_forgets_who_is_gone() -> None:
    from vtkmodules.vtkRenderingCore import vtkRenderer

    from stsr_filters.live.label import Label

    renderer, there = vtkRenderer(), {"first", "second"}
    label = Label(renderer)
    assert label.text == ""
    for who in ("first", "second"):
        label.say(who, f"{who} speaks", lambda who=who: who in there)  # type: ignore[misc]
    assert label.text == "first speaks"
    label.say("first", "", lambda: True)
    assert label.text == "second speaks"
    renderer.InvokeEvent("StartEvent")
    assert label.text == "second speaks"
    there.clear()
    renderer.InvokeEvent("StartEvent")
    assert label.text == ""
