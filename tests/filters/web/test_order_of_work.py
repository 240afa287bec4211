"""What the page shows first, and what it does not wait for; the page itself, without a browser."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from models import FULL_GRID, FULL_TIMES
from trame.app import get_server

from stsr_core.series import VolumeSeries
from stsr_filters.decoding.order import Order
from stsr_filters.web.application import Application
from stsr_filters.web.prediction import Prediction, Wish

#: Longest wait for what must come, in seconds, as long as a busy machine may take.
PATIENCE = 300.0


class SlowTruth:
    """A ground truth whose steps cannot be read before ``there`` is set."""

    def __init__(self, truth: VolumeSeries) -> None:
        self.there, self.asked = threading.Event(), threading.Event()
        self.series = replace(truth, variables=tuple(replace(v, read=self._waiting(v.read)) for v in truth))

    def _waiting(self, read: Callable[[int], np.ndarray]) -> Callable[[int], np.ndarray]:
        def wait(step: int) -> np.ndarray:
            self.asked.set()
            assert self.there.wait(PATIENCE)
            return read(step)

        return wait


async def until(condition: Callable[[], bool], server: Any) -> None:
    """Let the page go on until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, server.state.status
        await asyncio.sleep(0.02)


def page(name: str, prediction: Prediction) -> tuple[Any, Application, list[str]]:
    """The server of a page, the page at a step of the ground truth, and what it does from now on, in order.

    "ordered": something is to be decoded; a picture is told by its views that are not empty.
    """
    server = get_server(name, client_type="vue3")
    application, done = Application(server, prediction), list[str]()
    server.state.time = 1.5
    order, show = prediction.order, application.scene.show

    def noted_order(wish: Wish) -> Order:
        done.append("ordered")
        return order(wish)

    def noted_show(images, *rest) -> None:
        show(images, *rest)
        done.append(" | ".join(title for title, image in images.items() if image is not None))

    prediction.order, application.scene.show = noted_order, noted_show  # type: ignore[method-assign]
    return server, application, done


def run(application: Application, work: Coroutine[None, None, None]) -> None:
    """Let a page live as long as ``work`` takes."""

    async def scene() -> None:
        application.start()
        try:
            await work
        finally:
            application.stop()

    asyncio.run(scene())


def test_the_first_picture_waits_for_no_ground_truth(model, truth) -> None:
    slow = SlowTruth(truth)
    server, application, done = page("slow truth", Prediction(model, slow.series))

    async def work() -> None:
        try:
            await until(slow.asked.is_set, server)
            assert done == ["ordered", "prediction"]
        finally:
            slow.there.set()
        await until(lambda: "ground truth" in done[-1], server)
        assert done[-1] == "ground truth | prediction | prediction − ground truth"

    run(application, work())


def test_colours_of_all_times_follow_the_first_picture(model, expected) -> None:
    server, application, done = page("no truth", Prediction(model))
    first, last = FULL_TIMES[0], FULL_TIMES[-1]
    values = [expected(FULL_GRID, time, "u") for time in np.linspace(first, last, 5)]

    async def work() -> None:
        await until(lambda: done.count("ordered") == 6 and done[-1] == "prediction", server)
        assert done[:2] == ["ordered", "prediction"]
        found = server.state.low, server.state.high
        assert found == pytest.approx((np.min(values), np.max(values)), rel=1e-4)

    run(application, work())
