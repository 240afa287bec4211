"""The panel as ParaView makes it of Stsr.xml: each proxy with what it inherits, and its groups in order."""

from __future__ import annotations

from copy import deepcopy
from xml.etree import ElementTree

from stsr_plugin.install_folder import PACKAGE

TREE = ElementTree.parse(PACKAGE / "xml/Stsr.xml")
_DEFINED = {
    (group.get("name"), proxy.get("name")): proxy
    for group in TREE.iter("ProxyGroup")
    for proxy in group.iter("SourceProxy")
}


def is_property(element: ElementTree.Element) -> bool:
    """Whether an element of a proxy is a property, an input or a button among them."""
    return element.tag.endswith("Property")


def whole(proxy: ElementTree.Element) -> ElementTree.Element:
    """A proxy with the properties and groups of its bases before its own.

    A property with ``override`` takes the place of the one it replaces; a description that stands twice
    without it would make ParaView drop the proxy.
    """
    base = (proxy.get("base_proxygroup"), proxy.get("base_proxyname"))
    found = ElementTree.Element(proxy.tag, proxy.attrib)
    if base != (None, None):
        found.extend(e for e in whole(_DEFINED[base]) if is_property(e) or e.tag == "PropertyGroup")
    places = {e.get("name"): i for i, e in enumerate(found) if is_property(e)}
    for element in map(deepcopy, proxy):
        name = element.get("name")
        if is_property(element) and name in places:
            assert element.get("override") == "1", f"{proxy.get('name')}.{name} stands twice"
            found[places[name]] = element
        else:
            assert element.get("override") is None, f"{proxy.get('name')}.{name} overrides nothing"
            found.append(element)
    return found


#: Name → the proxy, of all that a menu lists.
PROXIES = {name: whole(proxy) for (group, name), proxy in _DEFINED.items() if group in ("sources", "filters")}


def class_of(proxy: str) -> str:
    """The name of its class, which several proxies may share."""
    return PROXIES[proxy].get("class", "").removeprefix("stsr_plugin.")


def property_of(proxy: str, name: str) -> ElementTree.Element:
    """One property of one proxy."""
    return next(e for e in PROXIES[proxy] if is_property(e) and e.get("name") == name)


def shown(element: ElementTree.Element) -> bool:
    """Whether the panel has a widget for a property."""
    visibility = element.get("panel_visibility")
    never = [d.get("value") == "-1" for d in element.iter("PropertyWidgetDecorator")]
    if element.tag == "InputProperty" or visibility == "never" or any(never):
        return False
    return visibility is not None or element.get("information_only") != "1"


def groups_of(proxy: str) -> dict[str, list[str]]:
    """Label → properties, in the order of the panel.

    Properties come in their own order, not in that of the groups' lists; groups of one label are one, at the
    place of its first property.
    """
    label_of = {
        p.get("name"): group.get("label")
        for group in PROXIES[proxy].iter("PropertyGroup")
        for p in group.iter("Property")
    }
    found: dict[str, list[str]] = {}
    for name in (e.get("name") for e in PROXIES[proxy] if is_property(e)):
        if name in label_of:
            found.setdefault(label_of[name], []).append(name)
    return found
