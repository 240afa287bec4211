"""The page of a database: what it knows, and what it does in a browser, opened from the disk."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from browsers import PATIENCE

from stsr_core.cli import main
from stsr_core.imagecodec.cinema import ImageDatabase
from stsr_core.imagecodec.images import Record, nearest_record
from stsr_core.imagecodec.writing import write
from stsr_filters.images.static_page import contents, write_page

#: The name of a variable, in which HTML and addresses have something to quote.
ODD = '<b>&"#?%'


def colored(record: Record, variables: tuple[str, ...]) -> np.ndarray:
    """A picture (8, 8, 3) of one colour, which tells time, view and variable."""
    color = (10 * record.time, (record.phi + 180) / 2, 100 + 100 * variables.index(record.variable))
    return np.full((8, 8, 3), np.round(color), np.uint8)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> ImageDatabase:
    """Four times, eight views at the equator and two above, two variables, of which one lacks a time."""
    names = (ODD, "second")
    views = [(0.0, phi) for phi in range(-135, 181, 45)] + [(45.0, 0.0), (45.0, 180.0)]
    records = [Record(t, *view, name) for t in (0, 1, 2.5, 4) for name in names for view in views]
    missing = ("second", 4.0)
    folder = tmp_path_factory.mktemp("page with spaces") / "öne.cdb"
    images = [(r, colored(r, names)) for r in records if (r.variable, r.time) != missing]
    return write(folder, images, description={"time_unit": "s"})


def test_the_page_names_every_image_relative_to_itself(drawn, tmp_path):
    for folder in (drawn.path, drawn.path.parent, tmp_path):
        found = contents(drawn, folder)
        named = [a for times in found["files"] for views in times for a in views if a]
        assert len(set(named)) == len(drawn.records) == 70
        assert all((folder / unquote(address)).is_file() for address in named)
        place = found["files"][1][2][found["views"].index([0.0, 45.0])]
        same = nearest_record(drawn.records, "second", 2.5, (0, 45))
        assert (folder / unquote(place)).samefile(drawn.path / same.file)
    assert found["files"][1][3] == [None] * 10
    assert found["times"] == [0.0, 1.0, 2.5, 4.0] and found["time_unit"] == "s"
    assert found["variables"][0] == {"name": ODD, "unit": "", "legend": None}


def test_the_legend_is_that_of_the_pictures(database):
    (variable,) = contents(database, database.path)["variables"]
    function = database.description["variables"]["a"]["transfer_function"]
    low, high = function["color_points"][0], function["color_points"][-1]
    assert variable["unit"] == "kg" and variable["legend"]["range"] == [low[0], high[0]]
    first = [round(255 * c) for c in low[1:]]
    assert [int(variable["legend"]["colors"][0][i : i + 2], 16) for i in (1, 3, 5)] == first


def test_the_page_is_one_file_without_addresses_elsewhere(copied, capsys):
    assert main(["images", "page", str(copied), "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert (out["output"], out["images"]) == (str(copied / "index.html"), 24)
    text = (copied / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r"https?://|<link|src=\"[^\"]", text)
    assert main(["images", "page", str(copied)]) == 2
    assert "index.html exists; choose another file" in capsys.readouterr().err
    assert main(["images", "page", str(copied), "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.cdb"], "nowhere.cdb: no such folder; a Cinema database (.cdb) was expected"),
        (["{}", "-o", "page.txt"], "page.txt: a page must end in .html"),
        (["{}", "-o", "nowhere/page.html"], "nowhere/page.html: the folder nowhere does not exist"),
    ],
)
def test_bad_input_gets_one_sentence(copied, tmp_path, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(tmp_path)
    assert main(["images", "page", *(word.format(copied) for word in words)]) == 2
    assert capsys.readouterr().err == f"stsr images page: {sentence}\n"


def test_looks_that_are_none_are_told(copied):
    described = json.loads((copied / "rendering.json").read_text())
    described["variables"]["a"]["style"] = "sketch"
    (copied / "rendering.json").write_text(json.dumps(described))
    with pytest.raises(ValueError, match="cannot tell how its variables are drawn: style must be one of"):
        write_page(ImageDatabase.open(copied))
    assert not (copied / "index.html").exists()


# In a browser -----------------------------------------------------------------------------------------------


class Browsed:
    """The page in Chromium, and all that it complained about."""

    def __init__(self, browser: Any, file: Path) -> None:
        self.page = browser.new_page(viewport={"width": 640, "height": 560})
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.goto(file.resolve().as_uri())

    def until(self, condition: str, told: Any = None) -> None:
        """Wait for a condition in JavaScript."""
        self.page.wait_for_function(condition, arg=told)

    def until_shown(self, variable: str, time: float, theta: float, phi: float) -> None:
        """Wait for the image of a record, which is known by its file."""
        file = f"/time_{time!r}/theta_{theta!r}_phi_{phi!r}.png"
        told = [f"{variable}, ", file]
        self.until(
            "([name, file]) => { const p = document.querySelector('#picture');"
            " return p.alt.startsWith(name) && p.src.endsWith(file) && p.naturalWidth === 8 }",
            told,
        )

    def until_told(self, pattern: str) -> None:
        """Wait for a status."""
        self.until("p => new RegExp(p).test(document.querySelector('#status').textContent)", pattern)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


@pytest.fixture
def browsed(browser, drawn, tmp_path) -> Iterator[Browsed]:
    """The page, elsewhere than its images."""
    made = Browsed(browser, write_page(drawn, tmp_path / "page.html"))
    made.until_shown(ODD, 0.0, 0.0, -45.0)  # where a volume is looked at from at first
    yield made
    assert not made.complaints
    made.page.close()


@pytest.mark.requires_chromium
def test_arrow_keys_turn_and_home_turns_back(browsed):
    browsed.press("ArrowRight")
    browsed.until_shown(ODD, 0.0, 0.0, 0.0)
    browsed.press("ArrowUp")
    browsed.until_shown(ODD, 0.0, 45.0, 0.0)
    browsed.press("ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft")
    browsed.until_shown(ODD, 0.0, 0.0, 180.0)  # once around the back
    assert browsed.page.locator("#status").text_content() == "θ 0.0°, φ 180.0°: the nearest of 10 views"
    browsed.press("Home")
    browsed.until_shown(ODD, 0.0, 0.0, -45.0)


@pytest.mark.requires_chromium
def test_dragging_turns_the_volume_with_the_hand(browsed):
    """112 pixels to the left are 45 degrees: what was on the right comes to the front."""
    mouse = browsed.page.mouse
    mouse.move(400, 250)
    mouse.down()
    mouse.move(344, 250)
    mouse.move(288, 250)
    browsed.until_shown(ODD, 0.0, 0.0, 0.0)
    mouse.move(288, 330)
    browsed.until_shown(ODD, 0.0, 45.0, 0.0)
    mouse.up()
    mouse.move(100, 100)
    browsed.until_shown(ODD, 0.0, 45.0, 0.0)


@pytest.mark.requires_chromium
def test_the_slider_and_the_keys_go_through_time(browsed):
    browsed.page.locator("#time").fill("2")
    browsed.until_shown(ODD, 2.5, 0.0, -45.0)
    assert browsed.page.locator("#when").text_content() == "t = 2.5 s"
    browsed.page.locator("#stage").focus()
    browsed.press(",")
    browsed.until_shown(ODD, 1.0, 0.0, -45.0)
    browsed.press(",", ",")
    browsed.until_shown(ODD, 4.0, 0.0, -45.0)


@pytest.mark.requires_chromium
def test_play_comes_round_and_is_paused(browsed):
    browsed.press(" ")
    browsed.until_shown(ODD, 4.0, 0.0, -45.0)
    browsed.until_shown(ODD, 1.0, 0.0, -45.0)
    browsed.page.locator("#play").click()
    assert browsed.page.locator("#play").get_attribute("aria-label") == "play"
    time = browsed.page.locator("#time").input_value()
    browsed.page.wait_for_timeout(400)
    assert browsed.page.locator("#time").input_value() == time


@pytest.mark.requires_chromium
def test_another_variable_and_a_time_that_it_lacks(browsed):
    browsed.page.locator("#variable").select_option("1")
    browsed.until_shown("second", 0.0, 0.0, -45.0)
    browsed.page.locator("#time").fill("3")
    browsed.until_told("^no image of second is stored at t = 4 s$")
    assert not browsed.page.locator("#picture").is_visible()
    browsed.page.locator("#stage").focus()
    browsed.press("ArrowUp", ",")
    browsed.until_shown("second", 2.5, 0.0, -45.0)
    browsed.press("v")
    browsed.until_shown(ODD, 2.5, 0.0, -45.0)


@pytest.mark.requires_chromium
def test_an_image_that_is_gone_is_named(browser, copied):
    page = write_page(ImageDatabase.open(copied))
    for file in copied.rglob("*.png"):
        file.unlink()
    made = Browsed(browser, page)
    made.until_told("^cannot load variable_a.time_10.0.theta_.*png$")
    made.page.close()


@pytest.mark.requires_chromium
def test_a_rendered_database_is_seen_with_its_legend(browser, copied):
    made = Browsed(browser, write_page(ImageDatabase.open(copied)))
    made.until("document.querySelector('#picture').naturalWidth === 48")
    assert "kg" in made.page.locator("#legend").inner_text()
    assert made.page.locator("#axes text").all_text_contents() != []
    assert not made.page.locator("#variables").is_visible(), "there is one variable"
    assert not made.complaints
    made.page.close()
