"""The blocks of values in a VTK XML file, checked before VTK reads them.

VTK trusts the sizes that stand before appended blocks: with one wrong byte in them it reads past its buffers
and ends the program (VTK 9.2 to 9.6). Types it does not know it reports past every observer.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree

_ITEM_BYTES = {f"{sign}Int{bits}": bits // 8 for sign in ("", "U") for bits in (8, 16, 32, 64)} | {
    "Float32": 4,
    "Float64": 8,
}
_NOT_NUMBERS = ("String", "Bit")
_SECTIONS = ("FieldData", "PointData", "CellData", "Coordinates")
#: A header longer than this holds its values inline, where the XML parser bounds them.
_LONGEST_HEADER = 1 << 20
_PART = 1 << 14
_APPENDED = b"<AppendedData"


@dataclass(frozen=True)
class _Block:
    """One array that the header announces: its name, type, place and number of bytes (None: not told)."""

    name: str
    kind: str
    offset: int
    n_bytes: int | None
    n_tuples: int | None


def check_blocks(path: Path) -> None:
    """Raise ValueError unless each appended block is in the file and as long as the header says.

    Inline values and base64 blocks, which this program and ParaView do not write unasked, are left to VTK.
    """
    with open(path, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        start = stream.read(_PART)
        while (end := start.find(_APPENDED)) < 0 and len(start) < min(size, _LONGEST_HEADER):
            start += stream.read(_PART)
        start += stream.read(_PART)  # the mark before the values, should it lie behind the last part
        if end < 0:
            return
        try:
            opening = start.index(b">", end)
            if b'"raw"' not in start[end:opening]:
                return
            first = start.index(b"_", opening) + 1
            if start[opening + 1 : first - 1].strip():
                raise ValueError("other bytes stand before the values")
            root, blocks = _announced(start[:end])
            layout = ("<" if root.get("byte_order") != "BigEndian" else ">") + (
                "Q" if root.get("header_type") == "UInt64" else "I"
            )
            for block in blocks:
                _check(stream, block, first, size, layout, root.get("compressor") is not None)
        except (ValueError, ElementTree.ParseError) as error:
            raise ValueError(f"{path}: cannot read the header: {error}") from None


def _announced(header: bytes) -> tuple[ElementTree.Element, list[_Block]]:
    """The root element and the appended arrays of a header, which is XML cut off before the values."""
    parser: ElementTree.XMLPullParser[Any] = ElementTree.XMLPullParser(["start"])
    parser.feed(header)
    events: Any = parser.read_events()
    elements = [element for _, element in events]
    if not elements:
        raise ValueError("it is empty")
    return elements[0], list(_blocks(elements))


def _blocks(elements: list[ElementTree.Element]) -> Iterator[_Block]:
    section, nodes, column = "", (0, 0, 0), 0
    for element in elements:
        if element.tag == "Piece":
            nodes = _counts(element.get("Extent", ""))
        elif element.tag in _SECTIONS:
            section, column = element.tag, 0
        elif element.tag in ("DataArray", "Array") and element.get("format") == "appended":
            name, kind = element.get("Name", ""), element.get("type", "")
            if kind not in (*_ITEM_BYTES, *_NOT_NUMBERS):
                raise ValueError(f"array {name!r} has the unknown type {kind!r}")
            n_tuples: int | None = None
            if section == "PointData":
                n_tuples = math.prod(nodes)
            elif section == "Coordinates":
                n_tuples, column = nodes[min(column, 2)], column + 1
            elif (count := element.get("NumberOfTuples")) is not None:
                n_tuples = int(count)
            items = int(element.get("NumberOfComponents", "1"))
            item_bytes = _ITEM_BYTES.get(kind)
            n_bytes = None if n_tuples is None or item_bytes is None else n_tuples * items * item_bytes
            yield _Block(name, kind, int(element.get("offset", "")), n_bytes, n_tuples)


def _counts(extent: str) -> tuple[int, int, int]:
    """Nodes along x, y, z of an extent."""
    x0, x1, y0, y1, z0, z1 = (int(part) for part in extent.split())
    return x1 - x0 + 1, y1 - y0 + 1, z1 - z0 + 1


def _check(stream: BinaryIO, block: _Block, first: int, size: int, layout: str, compressed: bool) -> None:
    place, width = first + block.offset, struct.calcsize(layout)

    def numbers(count: int) -> list[int]:
        nonlocal place
        if block.offset < 0 or place + count * width > size:
            raise ValueError(f"the values of {block.name!r} lie beyond the end of the file")
        stream.seek(place)
        place += count * width
        return [n for (n,) in struct.iter_unpack(layout, stream.read(count * width))]

    if compressed:
        (count,) = numbers(1)
        whole, last = numbers(2)
        stored = sum(numbers(count))
        n_bytes = whole * (count - 1) + last if last else whole * count
    else:
        (n_bytes,) = numbers(1)
        stored = n_bytes
    if place + stored > size:
        raise ValueError(f"the values of {block.name!r} lie beyond the end of the file")
    if block.n_bytes is not None and n_bytes != block.n_bytes:
        raise ValueError(f"expected {block.n_bytes} bytes for {block.name!r}, found {n_bytes}")
    if block.kind == "String" and not compressed:
        stream.seek(place)
        text = stream.read(stored)
        if text.count(b"\0") != block.n_tuples or not text.endswith(b"\0" * min(stored, 1)):
            raise ValueError(f"expected {block.n_tuples} texts in {block.name!r}, found {text.count(0)}")
