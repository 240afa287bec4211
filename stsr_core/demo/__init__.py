"""The whole path on two generated series: coarse samples → model → full resolution, table and picture."""

from typing import TYPE_CHECKING

from stsr_core.lazy import attach

#: Public name → module: who only asks where the files are need not wait for what makes them.
_EXPORTS = {
    "NAMES": "stsr_core.demo.files",
    "DemoResult": "stsr_core.demo.pipeline",
    "Files": "stsr_core.demo.files",
    "run": "stsr_core.demo.pipeline",
}

__all__ = [*_EXPORTS]

if TYPE_CHECKING:
    from stsr_core.demo.files import NAMES as NAMES
    from stsr_core.demo.files import Files as Files
    from stsr_core.demo.pipeline import DemoResult as DemoResult
    from stsr_core.demo.pipeline import run as run

__getattr__, __dir__ = attach(__name__, _EXPORTS)
