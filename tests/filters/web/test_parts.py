"""What needs no model: the newest wish, the curve, and who may see the page."""

from __future__ import annotations

import asyncio
import re
import socket
import xml.etree.ElementTree as ElementTree

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from stsr_filters.web.access import TOKEN, gate, is_loopback, token_for
from stsr_filters.web.curve import curve
from stsr_filters.web.newest import Newest
from stsr_filters.web.serve import check_free


def test_a_wish_that_comes_while_one_is_fulfilled_is_the_next_one() -> None:
    async def scene() -> None:
        place: Newest[int] = Newest()
        waiting = asyncio.create_task(place.next())
        await asyncio.sleep(0)
        assert not waiting.done() and not place.changed
        place.ask(1)
        assert place.changed and await waiting == 1 and not place.changed
        place.ask(2)
        place.ask(3)
        assert await place.next() == 3 and not place.changed

    asyncio.run(scene())


def test_addresses_of_this_machine_need_no_token() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.8.0.1", "::1", "localhost"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "192.168.0.2", "example.org"))
    assert token_for("0.0.0.0") != token_for("0.0.0.0")


def test_only_the_token_opens_and_then_the_cookie_speaks() -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="the page")

    async def scene() -> None:
        application = web.Application(middlewares=[gate("secret")])
        application.router.add_get("/index.html", page)
        async with TestClient(TestServer(application)) as client:
            assert (await client.get("/index.html")).status == 403
            assert (await client.get("/elsewhere")).status == 403
            for wrong in ("", "secre", "sécret"):
                assert (await client.get("/index.html", params={TOKEN: wrong})).status == 403
            first = await client.get("/index.html", params={TOKEN: "secret"}, allow_redirects=False)
            assert first.status == 302 and first.headers["Location"] == "/index.html"
            cookie = first.cookies[TOKEN]
            assert cookie["httponly"] and cookie["samesite"] == "Lax"
            assert await (await client.get("/index.html")).text() == "the page"

    asyncio.run(scene())


@pytest.mark.parametrize("token", ["", "secret"])
def test_pages_of_other_sites_get_nothing(token: str) -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="the page")

    async def scene() -> None:
        application = web.Application(middlewares=[gate(token)])
        application.router.add_get("/ws", page)
        async with TestClient(TestServer(application)) as client:
            own = f"http://127.0.0.1:{client.port}"
            client.session.cookie_jar.update_cookies({TOKEN: token})
            for origin in ("http://example.org", f"http://localhost:{client.port}", "null"):
                assert (await client.get("/ws", headers={"Origin": origin})).status == 403
            assert await (await client.get("/ws", headers={"Origin": own})).text() == "the page"
            assert await (await client.get("/ws")).text() == "the page"

    asyncio.run(scene())


def test_a_curve_marks_kept_steps_the_shown_time_and_its_limits() -> None:
    text = curve({0.0: 20.0, 2.0: 40.0, 1.0: 30.0}, (0.0, 4.0), 3.0, "PSNR of <u>, dB", frozenset({0.0, 2.0}))
    picture = ElementTree.fromstring(text)
    circles = picture.findall("circle")
    assert [circle.get("fill") != "none" for circle in circles] == [True, False, True]
    xs = [float(circle.get("cx")) for circle in circles]
    ys = [float(circle.get("cy")) for circle in circles]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2) and ys[0] > ys[1] > ys[2]
    assert ys[1] == pytest.approx((ys[0] + ys[2]) / 2, abs=0.1)
    now = picture.findall("line")[-1]
    assert float(now.get("x1")) == pytest.approx(xs[0] + 1.5 * (xs[2] - xs[0]), abs=0.2)
    labels = [element.text for element in picture.findall("text")]
    assert labels[:3] == ["19", "30", "41"] and "PSNR of <u>, dB" in labels[3]


def test_a_curve_of_nothing_or_of_one_value_is_a_picture_too() -> None:
    for values in ({}, {1.0: 30.0}):
        text = curve(values, (1.0, 1.0), 1.0, "PSNR", frozenset())
        ElementTree.fromstring(text)
        assert not re.search(r"\b(nan|inf)\b", text)


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OSError) as refused:
            check_free("127.0.0.1", port)
        assert str(refused.value) == f"cannot listen at port {port} of this machine: Address already in use"
    check_free("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(OSError, match=r"^cannot listen at port 0 of 192\.0\.2\.1: "):
        check_free("192.0.2.1", 0)
