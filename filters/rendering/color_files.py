"""ParaView's colour-map presets (JSON, legacy XML) and the transfer functions in its state files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

# Spellings found in ParaView's own presets, in lower case; a state file holds the number of the enumeration.
_SPACES = {
    "rgb": "RGB",
    "hsv": "HSV",
    "wrapped": "HSVWrap",
    "lab": "Lab",
    "cielab": "Lab",
    "diverging": "Diverging",
    "lab/ciede2000": "LabCIEDE2000",
    "step": "Step",
}
_NAMES_SHOWN = 10  # in a message
_STATE_SPACES = ("RGB", "HSV", "Lab", "Diverging", "LabCIEDE2000", "Step")


def read_preset(path: Path, name: str | None) -> dict[str, Any]:
    """Keyword arguments of a TransferFunction, from one preset of a file."""
    text = path.read_text(encoding="utf-8")
    presets = _xml_presets(path, text) if text.lstrip().startswith("<") else _json_presets(path, text)
    names = ", ".join(preset["name"] for preset in presets[:_NAMES_SHOWN])
    if len(presets) > _NAMES_SHOWN:
        names += f" and {len(presets) - _NAMES_SHOWN} more"
    chosen = [preset for preset in presets if name is None or preset["name"] == name]
    if not chosen:
        raise ValueError(f"{path.name}: name must be one of the presets {names}; got {name!r}")
    if len(chosen) > 1:
        raise ValueError(f"{path.name}: name must say which of the presets {names} is meant; got {name!r}")
    preset = chosen[0]
    label = f"{path.name}, preset {preset['name']!r}"
    if preset["colors"] is None:
        raise ValueError(f"{label}: a colour map must be continuous, got one of categories")
    colors = _tuples(preset["colors"], f"{label}: RGBPoints")
    opacities = _tuples(preset["opacities"] or [], f"{label}: Points")
    return {
        "color_points": colors,
        "opacity_points": opacities or ((colors[0][0], 0.0), (colors[-1][0], 1.0)),
        "color_space": _space(preset["space"], preset["wrap"], label),
        "name": preset["name"],
    }


def read_state(path: Path, array: str) -> dict[str, Any]:
    """Keyword arguments of a TransferFunction, from the colour map of an array in a state file."""
    root = _xml(path, path.read_text(encoding="utf-8"))
    proxies = {proxy.get("id"): proxy for proxy in root.iter("Proxy") if proxy.get("type")}
    maps = _color_maps(root)
    identifier = maps.get(array)
    if identifier is None:  # a representation may have a map of its own, "Separate_<id>_<array>"
        own = [n for n in maps if n.startswith("Separate_") and n.split("_", 2)[-1] == array]
        if len(own) != 1:
            raise ValueError(
                f"{path.name}: array must be one of {sorted(maps)}, which have a colour map in the state, "
                f"got {array!r}"
            )
        identifier = maps[own[0]]
    table = proxies.get(identifier)
    if table is None:
        raise ValueError(f"{path.name}: the state must hold proxy {identifier}, the colour map of {array!r}")
    label = f"{path.name}, array {array!r}"
    if _numbers(table, "UseLogScale")[:1] == [1]:
        raise ValueError(f"{label}: the colour map must be linear in the values, got a logarithmic scale")
    space = _STATE_SPACES[int((_numbers(table, "ColorSpace") or [0])[0])]
    found: dict[str, Any] = {
        "color_points": _tuples(_numbers(table, "RGBPoints"), f"{label}: RGBPoints"),
        "color_space": _space(space, _numbers(table, "HSVWrap")[:1] == [1], label),
        "name": array,
    }
    function = proxies.get(_reference(table, "ScalarOpacityFunction"))
    colors = found["color_points"]
    found["opacity_points"] = (
        ((colors[0][0], 0.0), (colors[-1][0], 1.0))
        if function is None
        else _tuples(_numbers(function, "Points"), f"{label}: Points")
    )
    for proxy in proxies.values():
        if _reference(proxy, "LookupTable") == identifier:
            distance = _numbers(proxy, "ScalarOpacityUnitDistance")
            if distance:
                found["opacity_distance"] = distance[0]
    return found


def _color_maps(root: ElementTree.Element) -> dict[str, str]:
    """Array name → proxy id."""
    items = root.iterfind(".//ProxyCollection[@name='lookup_tables']/Item")
    return {i.get("name", "").removesuffix(".PVLookupTable"): i.get("id", "") for i in items}


def _numbers(proxy: ElementTree.Element, name: str) -> list[float]:
    elements = proxy.iterfind(f"Property[@name='{name}']/Element")
    return [float(e.get("value", "")) for e in sorted(elements, key=lambda e: int(e.get("index", "0")))]


def _reference(proxy: ElementTree.Element, name: str) -> str | None:
    found = proxy.find(f"Property[@name='{name}']/Proxy")
    return None if found is None else found.get("value")


def _json_presets(path: Path, text: str) -> list[dict[str, Any]]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path.name}: a colour map must be JSON or XML, got neither ({error})") from None
    data = [data] if isinstance(data, dict) else data
    if not isinstance(data, list) or not data or not all(isinstance(p, dict) and "Name" in p for p in data):
        raise ValueError(f"{path.name}: presets must be objects with a Name, got other JSON")
    return [
        {
            "name": str(p["Name"]),
            "colors": p.get("RGBPoints"),
            "opacities": p.get("Points"),
            "space": p.get("ColorSpace", "RGB"),
            "wrap": bool(p.get("HSVWrap", False)),
        }
        for p in data
    ]


def _xml_presets(path: Path, text: str) -> list[dict[str, Any]]:
    presets = []
    for element in _xml(path, text).iter("ColorMap"):
        points = element.findall("Point")
        colors = [float(p.get(key, "nan")) for p in points for key in "xrgb"]
        opacities = [(float(p.get("x", "nan")), float(p.get("o", "1"))) for p in points]
        presets.append(
            {
                "name": element.get("name", ""),
                "colors": None if element.get("indexedLookup", "false").lower() in ("true", "1") else colors,
                # ParaView ignores them when all are one, the habit of files that mean no opacity.
                "opacities": [v for x, o in opacities for v in (x, o, 0.5, 0.0)]
                if len({o for _, o in opacities}) > 1
                else None,
                "space": element.get("space", "RGB"),
                "wrap": False,
            }
        )
    if not presets:
        raise ValueError(f"{path.name}: the file must hold a <ColorMap>, got none")
    return presets


def _xml(path: Path, text: str) -> ElementTree.Element:
    if "<!ENTITY" in text:  # neither ParaView nor this reader needs them, and they can grow without bound
        raise ValueError(f"{path.name}: the file must not declare XML entities")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"{path.name}: the file must be well-formed XML, got {error}") from None


def _tuples(flat: Sequence[float], label: str) -> tuple[tuple[float, ...], ...]:
    if len(flat) % 4:
        raise ValueError(f"{label} must hold four numbers per point, got {len(flat)} numbers")
    return tuple(tuple(float(v) for v in flat[i : i + 4]) for i in range(0, len(flat), 4))


def _space(name: str, wrap: bool, label: str) -> str:
    space = _SPACES.get(str(name).lower(), name)
    if space not in _SPACES.values():
        raise ValueError(
            f"{label}: the colour space must be one of {sorted(set(_SPACES.values()))}, got {name!r}"
        )
    return "HSVWrap" if space == "HSV" and wrap else space
