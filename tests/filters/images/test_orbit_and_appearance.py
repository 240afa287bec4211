"""The camera around a volume, and how a variable is drawn: numbers, and what is stored of them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stsr_core.imagecodec.views import directions_of, geodesic_views
from stsr_filters.images.appearance import Appearance, Look
from stsr_filters.images.orbit import Orbit
from stsr_filters.rendering.derived_transfer_function import transfer_function_of

BOX = (0.0, 4.0, -1.0, 1.0, 10.0, 14.0)


def test_the_whole_sphere_is_seen_from_every_view_and_not_much_more():
    """Radius 3 (the diagonal of 4 x 2 x 4 is 6), half the opening 15 degrees: 3/sin 15 = 11.591, 2 % more."""
    orbit = Orbit.around(BOX)
    assert orbit.center == (2.0, 0.0, 12.0)
    assert orbit.distance == pytest.approx(1.02 * 11.5911, rel=1e-5)
    for view in geodesic_views(2):
        camera = orbit.camera(tuple(view))
        sight = np.subtract(camera.position, camera.focal_point)
        assert np.linalg.norm(sight) == pytest.approx(orbit.distance)
        np.testing.assert_allclose(sight / orbit.distance, directions_of(view), atol=1e-12)


def test_a_narrow_picture_is_taken_from_farther_away():
    half = np.arctan(np.tan(np.radians(15)) * 0.5)
    assert Orbit.around(BOX, aspect=0.5).distance == pytest.approx(1.02 * 3 / np.sin(half))
    assert Orbit.around(BOX, aspect=2.0) == Orbit.around(BOX)


def test_what_is_up_changes_at_the_poles_alone():
    orbit = Orbit.around(BOX)
    assert orbit.camera((89.8, 30.0)).view_up == (0, 0, 1)
    assert orbit.camera((-90.0, 0.0)).view_up == (0, 1, 0)


def test_an_orbit_comes_back_from_json():
    orbit = Orbit.around(BOX)
    again = Orbit.from_json(json.loads(json.dumps(orbit.to_json())))
    assert again == orbit and again.matches(orbit)
    assert not Orbit(orbit.center, orbit.distance * 1.001).matches(orbit)


def test_an_appearance_comes_back_from_json():
    values = np.linspace(0, 1, 50) ** 3
    for made in (
        Appearance("p", "volume", transfer_function_of(values, name="p"), unit="Pa"),
        Appearance("p", "isosurface", isovalue=0.25),
    ):
        assert Appearance.from_json(json.loads(json.dumps(made.to_json()))) == made
    with pytest.raises(ValueError, match="an appearance has no entry colour"):
        Appearance.from_json({"array": "p", "style": "isosurface", "isovalue": 1, "colour": 3})


def test_looks_come_from_the_data_of_all_steps():
    values = np.array([0.0, 0.0, 0.0, 10.0])
    assert Look(("isosurface",)).of("p", "isosurface", values).isovalue == 5.0  # Otsu's
    assert Look(("isosurface",), isovalue=7.0).of("p", "isosurface", values).isovalue == 7.0
    function = Look(colors="magma").of("p", "volume", values).transfer_function
    assert function is not None and function.range == (0.0, 10.0)
    with pytest.raises(ValueError, match="p: has one value everywhere, so no isosurface"):
        Look().of("p", "isosurface", np.ones(3))


def test_a_preset_of_paraview_is_stretched_to_the_values(tmp_path):
    preset = [{"Name": "grey", "ColorSpace": "RGB", "RGBPoints": [0, 0, 0, 0, 1, 1, 1, 1]}]
    (tmp_path / "grey.json").write_text(json.dumps(preset))
    look = Look(transfer_function=str(tmp_path / "grey.json"))
    function = look.of("p", "volume", np.array([2.0, 6.0, np.nan])).transfer_function
    assert function is not None and function.range == (2.0, 6.0)
    assert function.colors(4.0).tolist() == [128, 128, 128]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Look(("surface",)), "style must be one of volume, isosurface, got 'surface'"),
        (lambda: Look(isovalue=3.0), "isovalue is that of the style isosurface, got 3.0 without it"),
        (lambda: Look(colors="a", transfer_function="b"), "at most one of colors and transfer_function"),
        (lambda: Appearance("p", "volume"), "p: a volume must have a transfer_function, got none"),
        (lambda: Appearance("p", "isosurface"), "p: isovalue must be a finite number, got None"),
    ],
)
def test_what_contradicts_itself_is_refused(make, words):
    with pytest.raises(ValueError) as raised:
        make()
    assert words in str(raised.value)
