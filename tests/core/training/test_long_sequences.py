"""Long sequences of a cell: 240 frames, which the published program has no memory for, in bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

#: Learns three steps on 240 frames and shows one; prints how much memory that took above the imports, in MiB.
PROGRAM = """
import json, resource, sys
import torch
from stsr_core.datasets import roaming_ball
from stsr_core.inference import evaluate
from stsr_core.training import fit

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

few = roaming_ball(8, 3)
kind, entries = sys.argv[1], json.loads(sys.argv[2])
count = []
def stop():
    count.append(None)
    return len(count) % 3 == 0
evaluate(fit(few, field=kind, configuration=entries, should_stop=stop, device="cpu"),
         few["roaming_ball"].grid, [1.5], "roaming_ball", device="cpu")
before = peak()
long = roaming_ball(20, 240)
field = fit(long, field=kind, configuration=entries, should_stop=stop, device="cpu")
evaluate(field, long["roaming_ball"].grid.every(4), [1.5], "roaming_ball", device="cpu")
print(peak() - before)
"""


@pytest.mark.parametrize(
    ("field", "configuration"),
    [
        ("spatime_inr", {"rehearsal_steps": 0}),
        ("spatime_inr", {"rehearsal_steps": 2}),
        ("spatime_inr", {"profile": "stable"}),
        ("uvi_net", {}),
    ],
)
def test_240_frames_take_little_more_memory_than_three(field: str, configuration: dict[str, Any]) -> None:
    """The frames are 7 MiB; a crop or pair of them, and what a network makes of it, are far below 300.

    With a rehearsal the third time that it asks comes before the first step: splines and the rehearsal.
    """
    program = [sys.executable, "-c", PROGRAM, field, json.dumps(configuration)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) < 300
