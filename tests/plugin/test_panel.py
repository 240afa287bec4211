"""The panel description: every property is documented, named alike everywhere, and has its setter."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

import stsr_plugin
from stsr_plugin.install_folder import PACKAGE

TREE = ElementTree.parse(PACKAGE / "xml/Stsr.xml")
PROXIES = {proxy.get("name"): proxy for proxy in TREE.iter("SourceProxy")}
#: Proxy → its groups in order.
_DECODING = ["Model", "Output grid", "Time", "Performance"]
GROUPS = {
    "STSRModel": _DECODING,
    "LatentInterpolate": _DECODING,
    "NeuralUpscale": _DECODING,
    "NeuralFit": ["Model", "Kept samples", "Learning", "Performance"],
    "CompareToGT": ["Comparison", "Time", "Measures", "Picture"],
}
PROPERTIES = [
    pytest.param(name, element, id=f"{name}.{element.get('name')}")
    for name, proxy in PROXIES.items()
    for element in proxy
    if element.tag.endswith("Property")
]


def test_each_proxy_names_a_class_and_a_place_in_the_menu():
    assert set(PROXIES) == set(GROUPS)
    for name, proxy in PROXIES.items():
        assert proxy.get("class") == f"stsr_plugin.{name}"
        assert proxy.get("si_class") == "vtkSIPythonSourceProxy"
        assert proxy.get("label").replace(" ", "").lower() == name.lower(), (
            "the simple API takes its names from labels"
        )
        assert proxy.find("Documentation").text
        assert proxy.find("Hints/ShowInMenu").get("category") == "Neural"
        assert getattr(stsr_plugin, name).__name__ == name
    assert PROXIES["STSRModel"].find("Hints/ReaderFactory").get("extensions") == "stsr"


@pytest.mark.parametrize(("proxy", "element"), PROPERTIES)
def test_every_property_is_documented_and_has_its_method(proxy, element):
    text = element.find("Documentation").text.strip()
    assert text.endswith(".")
    assert len(text) > 20
    label = element.get("label", element.get("name"))
    assert label.replace(" ", "") == element.get("name"), "the simple API takes its names from labels"
    command = element.get("command")
    if command is not None:
        assert callable(getattr(getattr(stsr_plugin, proxy), command))


@pytest.mark.parametrize(("proxy", "element"), PROPERTIES)
def test_defaults_lie_in_their_domains(proxy, element):
    defaults = (element.get("default_values") or "").split()
    for domain in element.iter("EnumerationDomain"):
        assert defaults[0] in [entry.get("value") for entry in domain]
    for domain in element.iter("StringListDomain"):
        if domain.find("RequiredProperties") is None:  # a list from the model is not known here
            assert defaults[0] in [entry.get("value") for entry in domain]
    for domain in element.iter("ArrayListDomain"):
        assert domain.get("none_string") == element.get("default_values"), "what stands for no name"
    for domain in [*element.iter("DoubleRangeDomain"), *element.iter("IntRangeDomain")]:
        for bound, holds in (("min", lambda v, b: v >= b), ("max", lambda v, b: v <= b)):
            bounds = (domain.get(bound) or "").split()
            assert all(holds(float(v), float(b)) for v, b in zip(defaults, bounds, strict=False))


@pytest.mark.parametrize("proxy", PROXIES)
def test_groups_hold_every_visible_property_once(proxy):
    element = PROXIES[proxy]
    groups = element.findall("PropertyGroup")
    assert [g.get("label") for g in groups] == GROUPS[proxy]
    grouped = [p.get("name") for g in groups for p in g.findall("Property")]
    assert len(grouped) == len(set(grouped))
    assert {e.get("name") for e in element if e.tag.endswith("Property") and shown(e)} == set(grouped)


def shown(element: ElementTree.Element) -> bool:
    """Whether the panel has a widget for a property."""
    visibility = element.get("panel_visibility")
    never = [d.get("value") == "-1" for d in element.iter("PropertyWidgetDecorator")]
    if element.tag == "InputProperty" or visibility == "never" or any(never):
        return False
    return visibility is not None or element.get("information_only") != "1"


def test_what_decorators_and_domains_refer_to_exists():
    for proxy in PROXIES.values():
        names = {e.get("name") for e in proxy}
        assert {d.get("property") for d in proxy.iter("PropertyWidgetDecorator")} <= names
        assert {p.get("name") for p in proxy.iterfind(".//RequiredProperties/Property")} <= names
        arrays = {d.get("name") for d in proxy.iter("InputArrayDomain")}
        assert {d.get("input_domain_name") for d in proxy.iter("ArrayListDomain")} <= arrays
        ports = [port.get("index") for port in proxy.findall("OutputPort")]
        assert all(v.get("port") in ports for v in proxy.find("Hints") if v.tag in ("View", "Representation"))


@pytest.mark.parametrize(("proxy", "element"), PROPERTIES)
def test_a_range_that_the_model_tells_is_a_slider_from_the_start(proxy, element):
    """The widget is made before Apply and stays: without both bounds it would be a line to type in."""
    for domain in [*element.iter("DoubleRangeDomain"), *element.iter("IntRangeDomain")]:
        if domain.find("RequiredProperties") is not None:
            assert domain.get("min") is not None
            assert domain.get("max") is not None


def test_the_pictures_representation_is_defined():
    hint = PROXIES["CompareToGT"].find("Hints/Representation")
    (defined,) = TREE.iter("RepresentationProxy")
    assert hint.get("type") == defined.get("name")
    assert hint.get("port") == "2"


def test_nothing_but_the_panel_lies_in_its_folder():
    # PV_PLUGIN_PATH names the folder, and ParaView tries every Python file in it as a plugin.
    assert [p.name for p in (PACKAGE / "xml").iterdir()] == ["Stsr.xml"]


def test_the_defaults_are_those_of_the_classes():
    """A fresh VTK object and a fresh proxy compute the same."""
    for name in ("STSRModel", "LatentInterpolate", "NeuralUpscale"):
        proxy, algorithm = PROXIES[name], getattr(stsr_plugin, name)()
        choice, times, how = algorithm._grid_choice, algorithm._time_choice, algorithm._performance
        values = {
            "Factor": choice.factor,
            "OutputGrid": int(choice.mode),
            "TimeFactor": times.factor,
            "TimeSteps": int(times.mode),
            "TileSize": how.tile,
            "Threads": how.threads,
            "CacheSteps": algorithm._decoder.cache_steps,
        }
        for element in proxy:
            if element.get("name") in values:
                assert float(element.get("default_values")) == values[element.get("name")], element.get(
                    "name"
                )
        device = next(e for e in proxy if e.get("name") == "Device")
        assert re.fullmatch(how.device, device.get("default_values"))


def test_the_defaults_of_a_comparison_are_those_of_the_class():
    settings = stsr_plugin.CompareToGT()._settings
    assert (settings.arrays, settings.picture.variable) == (("", ""), "")
    for name, value in {
        "Resample": settings.resample,
        "TimeMatching": settings.matching,
        "AllTimeSteps": settings.all_steps,
        "Isosurface": settings.surface.mode,
        "Isovalue": settings.surface.value,
        "DataRange": settings.data_range,
        "Pictures": settings.picture.enabled,
        "PictureKind": settings.picture.kind,
        "PictureSize": settings.picture.size,
    }.items():
        assert float(default_of("CompareToGT", name)) == value
    for name in ("ModelFile", "TableFile", "ColorFile"):
        assert default_of("CompareToGT", name) == ""


def default_of(proxy: str, name: str) -> str:
    """The default value that the panel shows."""
    return next(e for e in PROXIES[proxy] if e.get("name") == name).get("default_values")


def test_the_defaults_of_a_mix_are_those_of_the_class():
    blend = stsr_plugin.LatentInterpolate()._blend
    assert (blend.first, blend.second, blend.weights) == ("", "", "")
    for name in ("First", "Second"):
        assert default_of("LatentInterpolate", name) == "(automatic)"
    assert default_of("LatentInterpolate", "Weights") == ""
    for name, value in {
        "Blend": int(blend.mode),
        "Weight": blend.weight,
        "Interpolation": blend.interpolation,
        "SimulationTime": blend.simulation_time,
        "SweepFactor": blend.sweep_factor,
    }.items():
        assert float(default_of("LatentInterpolate", name)) == value


def test_the_defaults_of_learning_are_those_of_the_class():
    fit = stsr_plugin.NeuralFit()
    settings = fit._settings
    for name, value in {
        "ModelFile": settings.model_file,
        "Field": settings.field,
        "Profile": settings.profile,
        "Architecture": settings.architecture,
        "Device": fit._performance.device,
    }.items():
        assert default_of("NeuralFit", name) == value
    for name, value in {
        "KeepEvery": settings.keep_every,
        "LeaveOut": settings.leave_out,
        "Minutes": settings.minutes,
        "Epochs": settings.epochs,
        "Seed": settings.seed,
        "Threads": fit._performance.threads,
        "FillValue": fit._fill_value,
        "ReplaceMissing": fit._replace_missing,
        "Overwrite": fit._overwrite,
        "Resume": fit._resume,
    }.items():
        assert float(default_of("NeuralFit", name)) == value


def test_the_panel_lists_the_kinds_that_can_be_learned():
    from stsr_filters.fitting.fit_settings import FIELDS

    field = next(e for e in PROXIES["NeuralFit"] if e.get("name") == "Field")
    assert tuple(e.get("value") for e in field.iter("String")) == FIELDS
