"""The running page: what the browser says goes in, pictures and curves come out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np

from stsr_core.interrupts import Stopped
from stsr_core.measuring.survey import Survey
from stsr_core.words import node_count
from stsr_filters.decoding.order import Decoded, Order, Performance
from stsr_filters.decoding.scrubbing import Scrubbing
from stsr_filters.pipeline.sentence import sentence
from stsr_filters.rendering.derived_transfer_function import transfer_function_of
from stsr_filters.rendering.transfer_function import TransferFunction
from stsr_filters.web.curve import curve
from stsr_filters.web.newest import Newest
from stsr_filters.web.pictured import Pictured, pictured
from stsr_filters.web.prediction import Prediction, Wish, slider_position
from stsr_filters.web.scene import Look, Scene

#: (red, green, blue) behind the views by theme.
BACKGROUNDS = {"light": (1.0, 1.0, 1.0), "dark": (0.07, 0.07, 0.07)}
#: Steps that say which values there are, and the resolution at which they do.
_SURVEYED, _COARSE = 5, 24
#: Seconds between two looks for what another process computes, and the longest wait for a measured step.
_LOOK, _LONGEST = 0.03, 120.0
#: Quality of the pictures sent, 1 to 100.
_QUALITY = 85
#: Pictures of the animation per step.
_FRAMES_PER_STEP = 4


class Application:
    """One page, whatever browsers look at it: they all see and move the same.

    Parameters
    ----------
    server : trame's Server
        Its state is what the widgets of :mod:`stsr_filters.web.layout` are bound to.
    prediction : Prediction
    """

    def __init__(self, server: Any, prediction: Prediction) -> None:
        self._state = server.state
        self._prediction = prediction
        self._scrubbing = Scrubbing(prediction.decoder)
        self._newest: Newest[Wish] = Newest()
        self.scene = Scene()
        self._survey = Survey()
        self._surveyed: tuple[tuple[str, float], ...] = ()  # the weights of the survey
        self._first_look = True  # the survey knows but the first step that was shown
        self._made: tuple[tuple[Any, ...], TransferFunction] | None = None
        self._curves: dict[tuple[str, float], float] = {}  # (variable, time) → PSNR
        self._views: Any = None
        self._answered: float | None = None  # the time that stands in the views
        self._last: tuple[Wish, Pictured] | None = None
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself holds them weakly
        self._set_up()

    def _set_up(self) -> None:
        header, prediction, state = self._prediction.header, self._prediction, self._state
        first, last = header.domain[0].full_times[0], header.domain[0].full_times[-1]
        truth = prediction.truth(Wish(first, ((prediction.names[0], 1.0),)))
        state.update(
            {
                "time": 0.5 * (header.domain[0].times[0] + header.domain[0].times[-1]),
                "first": first,
                "last": last,
                "time_step": slider_position(header.domain[0].full_times),
                "time_unit": header.time_unit,
                "playing": False,
                "names": list(prediction.names),
                "weights": [1.0] + [0.0] * (len(prediction.names) - 1),
                "factors": [
                    *([{"title": "as the ground truth", "value": 0.0}] if truth is not None else []),
                    *({"title": node_count(grid), "value": f} for f, grid in prediction.grids()),
                ],
                "factor": 0.0 if truth is not None else 1.0,
                "surface": False,
                "isovalue": 0.0,
                "low": 0.0,
                "high": 1.0,
                "colors": "viridis",
                "opacity": 0.6,
                "transparent": 0.6,
                "theme": "light",
                "status": "reading the model",
                "has_truth": truth is not None,
                "show_truth": truth is not None,
                "curve": "",
                "shown_time": None,
            }
        )
        state.change("time", "weights", "factor", "show_truth")(lambda **_: self._ask())
        looks = ("surface", "isovalue", "colors", "opacity", "transparent", "theme")
        state.change(*looks)(lambda **_: self._draw_again())
        state.change("playing")(lambda playing, **_: self._start(self._play()) if playing else None)

    def start(self) -> None:
        """Begin to answer; to be called when the server is ready."""
        self._scrubbing.warm_up()
        self._newest.ask(self._wish())
        self._start(self._answer())

    def stop(self) -> None:
        """Nothing more is wanted."""
        self._scrubbing.stop()

    def draw_into(self, views: Any) -> None:
        """What shows the scene in the browser: trame's view handler of its window."""
        self._views = views
        self._views.max_pixel_count = self.scene.affordable_pixels
        self._views.update_quality(_QUALITY, _QUALITY)  # two qualities would draw everything twice

    def reset_camera(self) -> None:
        """Look from where it was looked at first."""
        self.scene.reset_camera()
        self._draw_again()

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ask(self) -> None:
        self._state.time = self._prediction.step_near(float(self._state.time))
        self._newest.ask(self._wish())

    def _wish(self) -> Wish:
        state = self._state
        weights = tuple(zip(state.names, map(float, state.weights), strict=True))
        if not any(weight > 0 for _, weight in weights):
            weights = ((weights[0][0], 1.0), *weights[1:])
        return Wish(float(state.time), weights, float(state.factor or 0.0))

    # Work, one thing at a time

    async def _answer(self) -> None:
        while True:
            wish = await self._newest.next()
            try:
                await self._fulfil(wish)
                await self._survey_values(wish)
                await self._measure(wish)
            except Stopped:
                continue
            except Exception as error:
                self._answered = wish.time  # or the animation would wait for it
                self._say(sentence(error))

    async def _fulfil(self, wish: Wish) -> None:
        """Show a wish: a preview at once, then all of it, unless something newer is wished for."""
        order = self._prediction.order(wish)
        decoded = await self._decoded(order)
        if self._surveyed != wish.weights:
            survey = Survey()
            survey.add(next(iter(decoded.values.values())))
            self._color_by(survey, wish, first_look=True)
        true, first = None, self._last is None
        if first:  # nobody waits for the ground truth to see something
            self._show(wish, order, decoded, None)
            for _ in range(2):  # it is drawn, which stops all else, and then encoded and sent
                await asyncio.sleep(_LOOK)
        if self._state.show_truth and self._prediction.truth(wish) is not None:
            true = await asyncio.to_thread(self._prediction.true_at, wish)
        if not first or true is not None:
            self._show(wish, order, decoded, true)
        while decoded.preview and not self._newest.changed:
            await asyncio.sleep(_LOOK)
            if self._scrubbing.news():
                decoded = await self._decoded(order)
                self._show(wish, order, decoded, true)

    async def _survey_values(self, wish: Wish) -> None:
        """Which values there are, so that colours hold for all times: told by a few small steps."""
        if not self._first_look:
            return
        survey, truth = Survey(_SURVEYED), self._prediction.truth(wish)
        for time in np.linspace(self._state.first, self._state.last, _SURVEYED):
            if truth is not None:
                step = int(np.argmin(np.abs(np.asarray(truth.times) - time)))
                survey.add(await asyncio.to_thread(self._prediction.true_values, truth, step))
            else:
                base = self._prediction.grids()[1][1].shape
                small = replace(wish, time=float(time), factor=min(1.0, _COARSE / max(base)))
                decoded = await self._decoded(self._prediction.order(small))
                survey.add(next(iter(decoded.values.values())))
            if self._newest.changed:
                return
        self._color_by(survey, wish, first_look=False)
        self._draw_again()

    def _color_by(self, survey: Survey, wish: Wish, first_look: bool) -> None:
        self._survey, self._surveyed, self._first_look = survey, wish.weights, first_look
        self.scene.forget_errors()
        low, high = survey.extremes or (0.0, 1.0)
        with self._state as state:
            state.low, state.high = low, high
            if not low <= state.isovalue <= high or state.isovalue == 0.0:
                state.isovalue = low + 0.5 * (high - low)

    async def _decoded(self, order: Order) -> Decoded:
        return await asyncio.to_thread(
            self._scrubbing.answer,
            order,
            Performance(),
            True,
            lambda fraction, text: None,
            lambda: self._newest.changed,
        )

    async def _measure(self, wish: Wish) -> None:
        """While nothing else is wished for: the measure at every step of the ground truth, nearest first."""
        truth = self._prediction.truth(wish)
        if truth is None:
            self._draw_curve(wish)
            return
        missing = [i for i, t in enumerate(truth.times) if (wish.alone, float(t)) not in self._curves]
        for i in sorted(missing, key=lambda i: abs(truth.times[i] - wish.time)):
            time = float(truth.times[i])
            order = self._prediction.order(replace(wish, time=time, factor=0.0))
            self._scrubbing.foresee([order])
            waited = 0.0
            while (found := self._prediction.decoder.kept(order)) is None:
                if self._newest.changed or waited > _LONGEST:
                    return
                self._scrubbing.news()
                await asyncio.sleep(_LOOK)
                waited += _LOOK
            values = next(iter(found.values.values()))
            self._curves[wish.alone, time] = await asyncio.to_thread(self._prediction.psnr, truth, i, values)
            self._draw_curve(wish)
            if self._newest.changed:
                return

    async def _play(self) -> None:
        """Go on by a fraction of a step, each time the last one has been shown, round and round."""
        state = self._state
        span = state.last - state.first
        step = span / (_FRAMES_PER_STEP * max(1, len(self._prediction.header.domain[0].full_times) - 1))
        while state.playing and span > 0:
            following = state.time + step
            with state:
                state.time = state.first if following > state.last + 1e-9 * span else following
            while state.playing and self._answered != state.time:
                await asyncio.sleep(_LOOK)
            await asyncio.sleep(_LOOK)

    # Pictures

    def _show(self, wish: Wish, order: Order, decoded: Decoded, true: np.ndarray | None) -> None:
        truth = self._prediction.truth(wish) if self._state.show_truth else None
        self._last = wish, pictured(order, decoded, truth, true)
        self._answered = wish.time
        self._draw_again()
        how = "; ".join(filter(None, (decoded.where(decoded.seconds), self._prediction.lacking(wish))))
        name = wish.alone or " + ".join(f"{w:.2f} {n}" for n, w in wish.weights if w > 0)
        self._say(f"{name} at t = {wish.time:.5g}: {node_count(order.grid)} nodes {how}")
        self._draw_curve(wish)

    def _draw_again(self) -> None:
        if self._last is None:
            return
        wish, shown = self._last
        self.scene.show(*shown, self._look(), wish.time)
        if self._views is not None:
            self._views.max_pixel_count = self.scene.affordable_pixels
            self._views.update()

    def _look(self) -> Look:
        state = self._state
        chosen = (state.colors, float(state.opacity), float(state.transparent), self._survey)
        if self._made is None or self._made[0] != chosen:
            colors, opacity, transparent, _ = chosen
            function = transfer_function_of(
                self._survey.sample(), colors=colors, opacity=opacity, transparent=transparent
            )
            self._made = chosen, function
        isovalue = float(state.isovalue) if state.surface else None
        return Look(self._made[1], isovalue, BACKGROUNDS[state.theme])

    def _draw_curve(self, wish: Wish) -> None:
        values = {t: v for (name, t), v in self._curves.items() if name == wish.alone and np.isfinite(v)}
        with self._state as state:
            state.curve = ""
            if self._prediction.truth(wish) is not None:
                kept = frozenset(float(t) for t in self._prediction.kept_times(wish.alone))
                span = (state.first, state.last)
                state.curve = curve(values, span, wish.time, f"PSNR of {wish.alone}, dB", kept)

    def _say(self, text: str) -> None:
        with self._state as state:
            state.status = text
            state.shown_time = self._answered
