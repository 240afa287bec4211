"""The browser that pages are tested in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: As long as a busy machine may take, in milliseconds; nothing waits longer than it must.
PATIENCE = 60_000
_QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@contextmanager
def chromium() -> Iterator[Any]:
    """Headless Chromium of the distribution, as playwright's browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=_QUIET.split(), timeout=PATIENCE
        )
        yield found
        found.close()
