"""Transfer functions: what points mean, what is derived from data, what ParaView's files hold."""

import dataclasses
import json

import numpy as np
import pytest

pytest.importorskip("vtkmodules", reason="needs the vtk wheel")

from stsr_filters.rendering.derived_transfer_function import transfer_function_of
from stsr_filters.rendering.transfer_function import COLOR_SPACES, TransferFunction

GREY = TransferFunction([(0, 0, 0, 0), (10, 1, 1, 1)], [(0, 0), (10, 0.5)])

PRESETS = [
    {"Name": "plain", "ColorSpace": "CIELAB", "RGBPoints": [0, 0, 0, 1, 1, 1, 0, 0]},
    {
        "Name": "with opacity",
        "ColorSpace": "Diverging",
        "RGBPoints": [2, 0, 0, 1, 3, 1, 1, 1, 4, 1, 0, 0],
        "Points": [2, 0, 0.5, 0, 4, 0.8, 0.4, 0.1],
    },
    {"Name": "hue circle", "ColorSpace": "HSV", "HSVWrap": 1, "RGBPoints": [0, 1, 0, 0, 1, 1, 0, 0.5]},
    {"Name": "categories", "IndexedColors": [0, 0, 0, 1, 1, 1]},
]

XML = """<ColorMaps>
  <ColorMap name="ramp" space="Lab" indexedLookup="false">
    <Point x="0" o="0" r="0.1" g="0.2" b="0.3"/><Point x="2" o="0.5" r="1" g="1" b="0"/>
  </ColorMap>
  <ColorMap name="opaque" space="Wrapped">
    <Point x="0" o="1" r="1" g="0" b="0"/><Point x="1" o="1" r="0" g="0" b="1"/>
  </ColorMap>
  <ColorMap name="categories" indexedLookup="true"><Point x="0" o="1" r="1" g="0" b="0"/></ColorMap>
</ColorMaps>
"""


def _property(name, values):
    elements = "".join(f'<Element index="{i}" value="{v}"/>' for i, v in enumerate(values))
    return f'<Property name="{name}" number_of_elements="{len(values)}">{elements}</Property>'


def _state(space=2, log=0, name="T.PVLookupTable"):
    """The parts of a state file of ParaView 5.11 that hold one array's transfer function."""
    return f"""<ParaView><ServerManagerState version="5.11.0">
    <Proxy group="lookup_tables" type="PVLookupTable" id="615">
      {_property("RGBPoints", [-1, 0, 0, 1, 5, 1, 0, 0])}{_property("ColorSpace", [space])}
      {_property("UseLogScale", [log])}
      <Property name="ScalarOpacityFunction"><Proxy value="613"/></Property>
    </Proxy>
    <Proxy group="piecewise_functions" type="PiecewiseFunction" id="613">
      {_property("Points", [-1, 0, 0.5, 0, 5, 0.7, 0.4, 0.1])}
    </Proxy>
    <Proxy group="representations" type="UniformGridRepresentation" id="602">
      <Property name="LookupTable"><Proxy value="615"/></Property>
      {_property("ScalarOpacityUnitDistance", [3.5])}
    </Proxy>
    <ProxyCollection name="lookup_tables"><Item id="615" name="{name}"/></ProxyCollection>
    </ServerManagerState></ParaView>"""


def test_values_between_and_beyond_the_points():
    np.testing.assert_array_equal(GREY.colors([0.0, 5.0, 99.0])[:, 0], [0, 128, 255])
    np.testing.assert_allclose(GREY.opacities([[-1.0, 5.0], [10.0, 20.0]]), [[0, 0.25], [0.5, 0.5]])
    assert GREY.colors(np.zeros((3, 4))).shape == (3, 4, 3)


def test_a_step_is_two_points_at_one_value():
    step = TransferFunction([(0, 1, 0, 0), (1, 0, 0, 1)], [(0, 0), (0.5, 0), (0.5, 1), (1, 1)])
    np.testing.assert_array_equal(step.opacities([0.49, 0.51]), [0, 1])


@pytest.mark.parametrize("space", COLOR_SPACES)
def test_every_color_space_meets_its_points(space):
    function = TransferFunction([(0, 0.2, 0.4, 0.6), (1, 0.9, 0.1, 0.3)], [(0, 1)], color_space=space)
    tolerance = 8 if space == "LabCIEDE2000" else 1  # VTK goes to that space and back with a loss
    np.testing.assert_allclose(function.colors(1.0), [230, 26, 76], atol=tolerance)
    assert function.vtk_colors().GetHSVWrap() == (space == "HSVWrap")


def test_rescaling_keeps_the_look():
    moved = GREY.rescaled(-5, 15)
    np.testing.assert_array_equal(moved.colors([-5.0, 5.0, 15.0]), GREY.colors([0.0, 5.0, 10.0]))
    np.testing.assert_allclose(moved.opacities(5.0), GREY.opacities(5.0))


def test_stored_as_plain_data_and_made_again():
    stored = json.loads(json.dumps(dataclasses.asdict(GREY)))
    assert TransferFunction(**stored) == GREY


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([(0, 0, 0, 0)], [(0, 1)]), "color_points must be two or more"),
        (([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 1)]), "color_points must be two or more"),
        (([(1, 0, 0, 0), (0, 1, 1, 1)], [(0, 1)]), "color_points must not decrease"),
        (([(0, 0, 0, 0), (1, 255, 1, 1)], [(0, 1)]), "color_points must lie from 0 to 1"),
        (([(0, 0, 0), (1, 1, 1)], [(0, 1)]), "color_points must be points of 4"),
        (([(0, 0, 0, 0), (1, 1, 1, 1)], []), "opacity_points must be one or more"),
        (([(0, 0, 0, 0), (1, 1, 1, 1)], [(0, np.nan)]), "opacity_points must be points of 2 or 4"),
        (([(0, 0, 0, 0), (1, 1, 1, 1)], [(0, 1)], "CMYK"), "color_space must be one of"),
        (([(0, 0, 0, 0), (1, 1, 1, 1)], [(0, 1)], "RGB", "", 0.0), "opacity_distance must be"),
    ],
)
def test_wrong_points_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        TransferFunction(*arguments)


def test_background_is_clear_and_rare_values_are_seen():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(20, 0.1, 9000), rng.uniform(0, 100, 1000)])
    made = transfer_function_of(values, name="T")
    assert made.name == "T"
    assert made.range == pytest.approx((values.min(), values.max()))
    assert made.opacities(20.0) == 0
    clear = (made.opacities(values) == 0).mean()
    assert 0.55 < clear < 0.65
    assert made.opacities(np.linspace(0, 15, 200)).max() > 0  # both ends of the range
    assert made.opacities(np.linspace(90, 100, 200)).max() > 0.3


def test_number_of_the_docstring():
    made = transfer_function_of(np.array([0.0] * 8 + [4.0, 8.0]))
    # The last shell: 0.6 · (1/4 + 3/4 · 7/8).
    np.testing.assert_allclose(made.opacities([0.0, 7.0, 8.0]), [0.0, 0.54375, 0.01])


def test_many_steps_at_once_and_values_that_are_missing():
    steps = np.stack([np.linspace(0, 1, 64), np.linspace(0, 3, 64)]).astype(np.float32)
    steps[0, 5] = np.nan
    assert transfer_function_of(steps).range == (0.0, 3.0)


def test_a_constant_is_background():
    made = transfer_function_of(np.full(10, 7.0))
    assert made.range == (6.5, 7.5) and made.opacities(7.0) == 0


def test_colors_by_name_or_of_another_function():
    values = np.linspace(0, 1, 100)
    np.testing.assert_allclose(
        transfer_function_of(values, colors="plasma").colors(0.0), [13, 8, 135], atol=1
    )
    lent = transfer_function_of(values * 4, colors=GREY)
    np.testing.assert_array_equal(lent.colors([0.0, 4.0]), [[0, 0, 0], [255, 255, 255]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colors": "no such map"}, "colors must be a colour map"),
        ({"transparent": 1.0}, "transparent must lie"),
        ({"opacity": 0.0}, "opacity must lie"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        transfer_function_of(np.arange(5.0), **options)
    with pytest.raises(ValueError, match="at least one finite"):
        transfer_function_of(np.array([np.nan]))


def test_json_presets(tmp_path):
    path = tmp_path / "maps.json"
    path.write_text(json.dumps(PRESETS))
    plain = TransferFunction.from_paraview_preset(path, "plain")
    assert (plain.color_space, plain.name, plain.range) == ("Lab", "plain", (0.0, 1.0))
    assert plain.opacities([0.0, 1.0]).tolist() == [0, 1]  # ParaView's own default
    given = TransferFunction.from_paraview_preset(path, "with opacity")
    assert given.opacity_points == ((2.0, 0.0, 0.5, 0.0), (4.0, 0.8, 0.4, 0.1))
    assert TransferFunction.from_paraview_preset(path, "hue circle").color_space == "HSVWrap"
    with pytest.raises(ValueError, match="must be continuous"):
        TransferFunction.from_paraview_preset(path, "categories")
    with pytest.raises(ValueError, match="plain, with opacity, hue circle, categories; got 'x'"):
        TransferFunction.from_paraview_preset(path, "x")
    with pytest.raises(ValueError, match="name must say which"):
        TransferFunction.from_paraview_preset(path)


def test_xml_presets(tmp_path):
    path = tmp_path / "maps.xml"
    path.write_text(XML)
    ramp = TransferFunction.from_paraview_preset(path, "ramp")
    assert ramp.color_space == "Lab" and ramp.opacities([0.0, 2.0]).tolist() == [0, 0.5]
    opaque = TransferFunction.from_paraview_preset(path, "opaque")
    assert opaque.color_space == "HSVWrap" and opaque.opacities([0.0, 1.0]).tolist() == [0, 1]
    with pytest.raises(ValueError, match="must be continuous"):
        TransferFunction.from_paraview_preset(path, "categories")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no colour map", "must be JSON or XML"),
        ("[1, 2]", "must be objects with a Name"),
        ("<a><b></a>", "must be well-formed XML"),
        ("<a/>", "must hold a <ColorMap>"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "must not declare XML entities"),
        ('[{"Name": "a", "RGBPoints": [0, 1, 1]}]', "four numbers per point"),
        ('[{"Name": "a", "RGBPoints": [0, 1, 1, 1], "ColorSpace": "CMYK"}]', "colour space must be one of"),
    ],
)
def test_wrong_preset_files_are_refused(tmp_path, text, message):
    path = tmp_path / "maps"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        TransferFunction.from_paraview_preset(path)


@pytest.mark.parametrize("name", ["T.PVLookupTable", "T", "Separate_602_T.PVLookupTable"])
def test_state_file(tmp_path, name):
    path = tmp_path / "state.pvsm"
    path.write_text(_state(name=name))
    found = TransferFunction.from_pvsm(path, "T")
    assert found.color_points == ((-1, 0, 0, 1), (5, 1, 0, 0))
    assert found.opacity_points == ((-1, 0, 0.5, 0), (5, 0.7, 0.4, 0.1))
    assert (found.color_space, found.name, found.opacity_distance) == ("Lab", "T", 3.5)


def test_wrong_state_files_are_refused(tmp_path):
    path = tmp_path / "state.pvsm"
    path.write_text(_state())
    with pytest.raises(ValueError, match=r"array must be one of \['T'\].* got 'U'"):
        TransferFunction.from_pvsm(path, "U")
    path.write_text(_state(log=1))
    with pytest.raises(ValueError, match="must be linear"):
        TransferFunction.from_pvsm(path, "T")
