"""A database of images → one HTML file beside it, which opens from the disk and needs no server."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

import numpy as np

from stsr_core.imagecodec.cinema import ImageDatabase
from stsr_core.imagecodec.images import nearest_record
from stsr_core.imagecodec.views import angles_of
from stsr_core.io.paths import replacing
from stsr_filters.images.appearance import Appearance
from stsr_filters.rendering.camera import DEFAULT_DIRECTION

#: The page of a database, unless another place is chosen.
PAGE = "index.html"
_COLORS = 24  # along a legend


def write_page(database: ImageDatabase, path: str | os.PathLike[str] | None = None) -> Path:
    """Write the page by which a database is browsed: drag to turn, a slider for time, a list of variables.

    The images stay where they are and are named relative to the page: both move together.

    Parameters
    ----------
    database : ImageDatabase
    path : path, optional
        Ends in ``.html``; by default ``index.html`` in the database. What stands there is replaced.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ValueError
        If the path ends otherwise, or ``rendering.json`` tells of looks that are none.
    """
    page = Path(path) if path is not None else database.path / PAGE
    if page.suffix.lower() != ".html":
        raise ValueError(f"{page}: a page must end in .html")
    content = json.dumps(contents(database, page.parent), ensure_ascii=False, separators=(",", ":"))
    parts = files("stsr_filters.images") / "page"
    template = Template((parts / "page.html").read_text(encoding="utf-8"))
    text = template.substitute(
        title=html.escape(database.path.resolve().stem),
        style=(parts / "page.css").read_text(encoding="utf-8"),
        script=(parts / "page.js").read_text(encoding="utf-8"),
        database=content.replace("<", "\\u003c"),  # or a name could end the script it stands in
    )
    with replacing() as beside:
        beside(page).write_text(text, encoding="utf-8")
    return page


def contents(database: ImageDatabase, folder: Path) -> dict[str, Any]:
    """What the page knows of a database, its files named as seen from ``folder``: plain values.

    ``files[variable][time][view]`` is the address of an image, None where none is stored.
    """
    times, variables, views = database.times, database.variables, database.views
    at = [{key: i for i, key in enumerate(keys)} for keys in (variables, times, views)]
    addresses: list[Any] = [[[None] * len(views) for _ in times] for _ in variables]
    root = Path(os.path.relpath(database.path.resolve(), folder.resolve()))
    for record in database.records:
        place = addresses[at[0][record.variable]][at[1][record.time]]
        place[at[2][record.theta, record.phi]] = quote((root / record.file).as_posix())
    looks = _looks(database)
    theta, phi = angles_of(np.array(DEFAULT_DIRECTION)).tolist()
    first = nearest_record(database.records, variables[0], times[0], (theta, phi))
    return {
        "times": list(times),
        "time_unit": str(database.description.get("time_unit", "")),
        "views": [list(view) for view in views],
        "first": [first.theta, first.phi],
        "variables": [{"name": name, **_legend(looks.get(name))} for name in variables],
        "files": addresses,
    }


def _looks(database: ImageDatabase) -> Mapping[str, Appearance]:
    """How the variables are drawn, as far as the database says it."""
    stored = database.description.get("variables", {})
    try:
        return {name: Appearance.from_json(plain) for name, plain in stored.items()}
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{database.path}: cannot tell how its variables are drawn: {error}") from None


def _legend(look: Appearance | None) -> dict[str, Any]:
    """Unit and colours of a variable."""
    if look is None:
        return {"unit": "", "legend": None}
    function = look.transfer_function
    if function is None:
        return {"unit": look.unit, "legend": {"isovalue": look.isovalue, "color": _css(look.color)}}
    colors = function.colors(np.linspace(*function.range, _COLORS)) / 255
    return {
        "unit": look.unit,
        "legend": {"range": list(function.range), "colors": [_css(color) for color in colors]},
    }


def _css(color: Any) -> str:
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in color)
