"""What stands where on the page."""

from __future__ import annotations

from typing import Any

from trame.ui.vuetify3 import SinglePageWithDrawerLayout
from trame.widgets import html, rca
from trame.widgets import vuetify3 as v3

from stsr_filters.web.application import Application

COLOR_MAPS = ("viridis", "plasma", "inferno", "magma", "cividis", "turbo", "coolwarm", "gray")
_SLIM = {"density": "compact", "hide_details": True}


def build(server: Any, application: Application, title: str) -> None:
    """Make the page of a server."""
    with SinglePageWithDrawerLayout(server, theme=("theme", "light")) as layout:
        layout.title.set_text(title)
        with layout.toolbar:
            v3.VSpacer()
            html.Span("{{ status }}", classes="text-caption mx-4", id="status")
            v3.VBtn(icon="mdi-camera-retake", click=application.reset_camera, title="Reset the camera")
            v3.VBtn(
                icon="mdi-theme-light-dark",
                click="theme = theme === 'light' ? 'dark' : 'light'",
                title="Light or dark",
            )
        with layout.drawer as drawer:
            drawer.width = 300
            _controls()
        with layout.content, v3.VContainer(fluid=True, classes="fill-height pa-0 d-flex flex-column"):
            with html.Div(style="flex: 1 1 0; min-height: 0; width: 100%", id="views"):
                area = rca.RemoteControlledArea(display="image", send_mouse_move=True)
                application.draw_into(area.create_view_handler(application.scene.window, encoder="jpeg"))
            with html.Div(classes="px-6 pt-2 pb-3", style="width: 100%"):
                html.Div(v_html=("curve",), v_if=("curve",), id="curve")
                _time()


def _controls() -> None:
    with html.Div(classes="pa-4"):
        v3.VSelect(label="Nodes", v_model=("factor",), items=("factors",), classes="mb-4", **_SLIM)
        with html.Div(v_if="names.length > 1"):
            html.Div("Members", classes="text-subtitle-2")
            with html.Div(v_for="(name, i) in names", key="name", classes="member"):
                v3.VSlider(
                    label=("name",),
                    model_value=("weights[i]",),
                    update_modelValue="weights = weights.map((w, k) => k === i ? $event : w)",
                    min=0,
                    max=1,
                    step=0.01,
                    thumb_label=True,
                    **_SLIM,
                )
        html.Div("Drawing", classes="text-subtitle-2 mt-4")
        v3.VSwitch(label="Isosurface", v_model=("surface",), color="primary", id="surface", **_SLIM)
        v3.VSlider(
            v_if="surface",
            label="Value",
            v_model=("isovalue",),
            min=("low",),
            max=("high",),
            step=("(high - low) / 500",),
            thumb_label=True,
            **_SLIM,
        )
        with html.Div(v_if="!surface"):
            v3.VSelect(label="Colours", v_model=("colors",), items=(str(list(COLOR_MAPS)),), **_SLIM)
            v3.VSlider(label="Opacity", v_model=("opacity",), min=0.05, max=1, step=0.01, **_SLIM)
            v3.VSlider(label="Clear share", v_model=("transparent",), min=0, max=0.95, step=0.01, **_SLIM)
        v3.VSwitch(
            v_if="has_truth",
            label="Ground truth and difference",
            v_model=("show_truth",),
            color="primary",
            classes="mt-2",
            **_SLIM,
        )


def _time() -> None:
    with html.Div(classes="d-flex align-center"):
        v3.VBtn(
            icon=("playing ? 'mdi-pause' : 'mdi-play'",),
            click="playing = !playing",
            variant="text",
            id="play",
            title="Play",
        )
        v3.VSlider(
            v_model=("time",),
            min=("first",),
            max=("last",),
            step=("time_step",),
            color="primary",
            classes="time",
            **_SLIM,
        )
        html.Span(
            "t = {{ Number(time).toPrecision(5) }} {{ time_unit }}",
            classes="text-body-2 ml-4",
            style="min-width: 9em",
        )
