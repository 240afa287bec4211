"""The panel description: every property is documented, named alike everywhere, and has its setter."""

from __future__ import annotations

import pytest
from panel import PROXIES, TREE, class_of, groups_of, is_property, property_of, shown

import stsr_plugin
from stsr_plugin.install_folder import PACKAGE

#: Proxy → its groups in order.
_DECODING = ["Model", "Output grid", "Time", "Performance"]
GROUPS = {
    "STSRModel": _DECODING,
    "LatentInterpolate": _DECODING,
    "ImageDatabase": ["Images", "Performance"],
    "LatentInterpolateOfInput": _DECODING,
    "NeuralUpscale": _DECODING,
    "NeuralFit": ["Model", "Kept samples", "Learning", "Performance"],
    "CompareToGT": ["Comparison", "Time", "Measures", "Picture"],
    "MultiscaleDiffusion": ["Problem"],
    "NeuralHomogenization": ["Model", "Correction", "Performance"],
}
PROPERTIES = [
    pytest.param(name, element, id=f"{name}.{element.get('name')}")
    for name, proxy in PROXIES.items()
    for element in proxy
    if is_property(element)
]


def test_each_proxy_names_a_class_and_a_place_in_the_menu():
    assert set(PROXIES) == set(GROUPS)
    for name, proxy in PROXIES.items():
        assert proxy.get("class") == f"stsr_plugin.{class_of(name)}"
        assert name.startswith(class_of(name))
        assert proxy.get("si_class") == "vtkSIPythonSourceProxy"
        assert proxy.get("label").replace(" ", "").lower() == name.lower(), (
            "the simple API takes its names from labels"
        )
        assert proxy.find("Documentation").text
        assert proxy.find("Hints/ShowInMenu").get("category") == "Neural"
        assert getattr(stsr_plugin, class_of(name)).__name__ == class_of(name)
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
        assert callable(getattr(getattr(stsr_plugin, class_of(proxy)), command))


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
    assert list(groups_of(proxy)) == GROUPS[proxy]
    grouped = [p.get("name") for p in element.iterfind("PropertyGroup/Property")]
    assert len(grouped) == len(set(grouped))
    visible = {e.get("name") for e in element if is_property(e) and shown(e)}
    # What is never visible may hold the place of a group that a derived proxy fills.
    assert visible == set(grouped) - {"LastError"}


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_model_is_named_first_and_the_status_ends_its_group(proxy):
    visible = [name for name in next(iter(groups_of(proxy).values())) if shown(property_of(proxy, name))]
    assert visible[0] in ("FileName", "ModelFile", "PredictionArray", "Pattern")
    assert visible[-1] == "Status"


@pytest.mark.requires_pvpython
@pytest.mark.requires_display
def test_paraview_puts_the_proxies_together_alike(session):
    """What is read from the XML here, with its bases, is what ParaView makes of it."""
    for name, found in session("panel_session.py").items():
        proxy = PROXIES[name]
        assert found["class"] == proxy.get("class")
        here = [e for e in proxy if is_property(e)]
        assert [row[0] for row in found["properties"]] == [e.get("name") for e in here]
        for element, (_, label, command, information_only, values) in zip(
            here, found["properties"], strict=True
        ):
            # A property without a label gets one from its name, with spaces in it.
            assert label.replace(" ", "") == element.get("name")
            assert label == element.get("label", label)
            assert command == element.get("command")
            assert information_only == int(element.get("information_only", 0))
            if (defaults := element.get("default_values")) is not None:
                default = [defaults] if element.tag.startswith("String") else defaults.split()
                assert [type(v)(d) for v, d in zip(values, default, strict=True)] == values
        groups = [
            [g.get("label"), [p.get("name") for p in g.iter("Property")]] for g in proxy.iter("PropertyGroup")
        ]
        assert found["groups"] == groups


def test_what_decorators_and_domains_refer_to_exists():
    for proxy in PROXIES.values():
        names = {e.get("name") for e in proxy if is_property(e)}
        decorators = [
            d for d in proxy.iter("PropertyWidgetDecorator") if d.get("type") != "CompositeDecorator"
        ]
        assert {d.get("property") for d in decorators} <= names
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


#: What an animation track may change over time, of all but Neural Fit, which would learn anew at each step.
ANIMATED = {
    *("Factor", "Dimensions", "Spacing", "Weight", "SimulationTime", "Isovalue"),
    *("Theta", "Intervals", "Scale"),
}


@pytest.mark.parametrize("proxy", sorted(set(PROXIES) - {"NeuralFit"}))
def test_an_animation_track_is_offered_what_can_move_first(proxy):
    vectors = [e for e in PROXIES[proxy] if e.tag.endswith("VectorProperty")]
    offered = [e.get("name") for e in vectors if e.get("animateable") != "0"]
    assert offered[0] in ANIMATED
    assert not {e.get("name") for e in vectors if e.get("information_only") == "1"} & set(offered)


def test_the_pictures_representation_is_defined():
    hint = PROXIES["CompareToGT"].find("Hints/Representation")
    (defined,) = TREE.iter("RepresentationProxy")
    assert hint.get("type") == defined.get("name")
    assert hint.get("port") == "2"


def test_nothing_but_the_panel_lies_in_its_folder():
    # PV_PLUGIN_PATH names the folder, and ParaView tries every Python file in it as a plugin.
    assert [p.name for p in (PACKAGE / "xml").iterdir()] == ["Stsr.xml"]


def test_the_panel_lists_the_kinds_that_can_be_learned():
    from stsr_filters.fitting.fit_settings import FIELDS

    field = property_of("NeuralFit", "Field")
    assert tuple(e.get("value") for e in field.iter("String")) == FIELDS
