"""Whether somebody looks on, who may be shown a preview first: a window that asks for news, and no script."""

from __future__ import annotations

from typing import Any

from stsr_filters.pipeline import live

#: A window that asked for news so many seconds ago will do so again.
_PATIENCE = 5.0


class Onlooker(live.Watch):
    """What one algorithm knows of the window; the algorithm holds it as an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.mark = Mark()

    @property
    def sees(self) -> bool:
        """Whether there is a window that could take previews at all."""
        window = live.window()
        return window is not None and window.shows(None)

    def takes_previews(self, time: float | None) -> bool:
        """Whether the update that is going on is for a view at ``time`` that will ask again."""
        window = live.window()
        return (
            window is not None
            and self.asked_within(_PATIENCE)
            and not live.a_script_waits()
            and window.shows(time)
            and not window.saves()
        )

    def saves(self) -> bool:
        """Whether something is being written, which no preview may get into."""
        window = live.window()
        return window is not None and window.saves()


class Mark:
    """What the views say of one algorithm, which may be gone already."""

    def __init__(self) -> None:
        self._text = ""

    def say(self, text: str, algorithm: Any = None) -> None:
        """``text`` of ``algorithm`` in the views; "" for nothing to say."""
        window = live.window()
        if window is not None and text != self._text:
            self._text = text
            window.mark(self, text, algorithm)

    def clear(self) -> None:
        """Nothing to say any more."""
        self.say("")
