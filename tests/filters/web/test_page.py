"""The page in a browser, served by a process of its own, as by ``stsr serve``."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import PATIENCE
from processes import gone

pytestmark = pytest.mark.requires_chromium

#: In the browser: how many colours the picture has, and a number that tells it from others.
LOOK = """
window.picture = () => {
  const image = document.querySelector('#views img');
  if (!image || !image.naturalWidth) return { colors: 0, sum: 0 };
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const values = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return { colors: new Set(values).size, sum: values.reduce((sum, v, i) => (sum + v * (i % 997)) % 1e12, 0) };
};
"""


class Server:
    """``stsr serve`` of a model; ``address`` is the one it has printed."""

    def __init__(self, *words: str) -> None:
        command = [str(Path(sys.executable).with_name("stsr")), "serve", *words]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("open http://"), line
        self.address = line.split()[1]

    def end(self, by: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it has."""
        self._process.send_signal(by)
        self._process.communicate()
        gone(self._process.pid)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@pytest.fixture(scope="module")
def served(model, truth_file) -> Iterator[list[Server]]:
    """One server, in a list: one that is killed leaves its place to another at the same port."""
    servers = [Server(model, "--gt", truth_file, "--port", str(free_port()))]
    yield servers
    servers[0].end()


class Page:
    """A browser's page and all that it complained about."""

    def __init__(self, browser: Any, address: str = "") -> None:
        self.browsers = browser.new_context(viewport={"width": 900, "height": 600})
        self.browsers.set_default_timeout(PATIENCE)
        self.browsers.add_init_script(LOOK)
        self.page = self.browsers.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._console)
        if address:
            self.page.goto(address)
            self.until("picture().colors > 50")

    def _console(self, message: Any) -> None:
        # trame's client asks /paraview/ first, which only a launcher of sessions answers.
        if message.type == "error" and "405" not in message.text:
            self.complaints.append(message.text)

    def until(self, condition: str, told: Any = None) -> None:
        """Wait for a condition in JavaScript."""
        self.page.wait_for_function(condition, arg=told)

    def until_told(self, pattern: str) -> None:
        """Wait for a status."""
        from playwright.sync_api import expect

        expect(self.page.locator("#status")).to_have_text(re.compile(pattern), timeout=PATIENCE)

    def picture(self) -> float:
        """A number that tells the picture from others."""
        return self.page.evaluate("picture().sum")

    def until_another_picture(self, than: float) -> None:
        self.until("sum => picture().colors > 50 && picture().sum !== sum", than)

    def until_at_rest(self) -> None:
        """Wait until the status has been the same for two seconds."""
        before = ""
        while (now := self.page.locator("#status").inner_text()) != before:
            before = now
            self.page.wait_for_timeout(2000)

    def press(self, slider: str, key: str) -> None:
        """Press a key on the thumb of a slider."""
        self.page.locator(f"{slider} [role=slider]").press(key)


@pytest.fixture(scope="module")
def opened(browser, served) -> Iterator[Page]:
    made = Page(browser, served[0].address)
    yield made
    made.browsers.close()


@pytest.fixture
def page(opened) -> Iterator[Page]:
    """The page at the first time, of the first member alone."""
    opened.press(".time", "Home")
    opened.until_told(r"^u at t = 0: ")
    yield opened
    assert not opened.complaints


def test_the_time_slider_moves_picture_status_and_curve(page) -> None:
    page.until("document.querySelectorAll('#curve circle').length === 10")
    at_a_step = page.picture()
    page.press(".time", "ArrowRight")
    page.until_told(r"^u at t = 0\.0.*between steps of the ground truth$")
    page.until_another_picture(at_a_step)
    page.press(".time", "End")
    page.until_told(r"^u at t = 4\.5: 13 x 11 x 9 nodes (?!.*between)")


def test_members_are_mixed(page) -> None:
    alone = page.picture()
    page.press(".member:nth-child(3)", "End")
    page.until_told(r"^1\.00 u \+ 1\.00 p at t = 0: .*no ground truth of a mixture$")
    page.until_another_picture(alone)
    page.press(".member:nth-child(3)", "Home")
    page.until_told(r"^u at t = 0: ")


def test_play_goes_on_until_it_is_paused(page) -> None:
    page.page.locator("#play").click()
    page.until_told(r"at t = [1-4]")
    page.page.locator("#play").click()
    page.until("document.querySelector('#play .mdi-play')")
    # A step that was on its way would take the place of what is asked for next.
    page.until_at_rest()


def test_who_comes_later_sees_the_same_and_what_others_do(page, browser, served) -> None:
    other = Page(browser, served[0].address)
    other.until_told(r"^u at t = 0: ")
    before = other.picture()
    page.press(".time", "End")
    for each in (page, other):
        each.until_told(r"^u at t = 4\.5: ")
    other.until_another_picture(before)
    other.press(".time", "Home")
    page.until_told(r"^u at t = 0: ")
    assert not other.complaints
    other.browsers.close()


def test_a_small_window_follows_views_that_go_and_come(page, browser, served) -> None:
    small = Page(browser)
    small.page.set_viewport_size({"width": 640, "height": 440})
    small.page.goto(served[0].address)
    small.until("window.picture && picture().colors > 50")
    for _ in range(2):
        before = small.picture()
        page.page.get_by_label("Ground truth and difference").click()
        small.until_another_picture(before)
    assert not small.complaints
    small.browsers.close()


def test_a_page_whose_server_was_killed_comes_back_with_it(page, served, model, truth_file) -> None:
    page.page.evaluate("window.before = true")
    served[0].end(signal.SIGKILL)
    port = served[0].address.strip("/").rpartition(":")[2]
    served[0] = Server(model, "--gt", truth_file, "--port", port)
    page.until("!window.before && window.picture && picture().colors > 50")
    page.until_told(r"^u at t = ")
    page.complaints.clear()  # of the server that was gone


def test_elsewhere_the_page_opens_by_its_token_alone(browser, model) -> None:
    server = Server(model, "--host", "0.0.0.0")
    try:
        address = re.sub(r"//[^:/]+", "//127.0.0.1", server.address)
        plain, _, token = address.partition("?token=")
        assert len(token) == 32
        for closed in (plain, f"{plain}index.html", f"{plain}?token=wrong", f"{plain}ws"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(closed)
            assert refused.value.code == 403
        # From a page of another site, as a mail that is read in the browser.
        mail = Page(browser)
        mail.page.set_content(f"<a href='{address}'>the model</a>")
        mail.page.locator("a").click()
        mail.until("window.picture && picture().colors > 50")
        assert "token" not in mail.page.url and not mail.complaints
        mail.browsers.close()
    finally:
        server.end()
