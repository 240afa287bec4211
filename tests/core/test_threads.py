"""As many threads as the process may use, and asleep while they wait."""

import os
import subprocess
import sys

import pytest
import torch

from stsr_core.threads import bounded_threads, usable_cores


def run(script: str, **environment: str) -> str:
    """What a fresh Python prints; the OpenMP variables are those given."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("OMP_")}
    command = [sys.executable, "-W", "always", "-c", script]
    done = subprocess.run(command, env=clean | environment, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


POLICY = "import os, stsr_core; print(os.environ['OMP_WAIT_POLICY'])"


def test_waiting_threads_sleep_unless_the_environment_says_otherwise():
    assert run(POLICY).strip() == "PASSIVE"
    assert run(POLICY, OMP_WAIT_POLICY="ACTIVE").strip() == "ACTIVE"


LATE = """
import torch
import stsr_core
from stsr_core.threads import bounded_threads
torch.set_num_threads(2)
for _ in range(2):
    with bounded_threads(2):
        pass
"""


def test_torch_that_came_first_is_told_of_once():
    assert run(LATE).count("import stsr_core first, or set OMP_WAIT_POLICY=PASSIVE") == 1
    assert "UserWarning" not in run(LATE, OMP_WAIT_POLICY="PASSIVE")
    assert "UserWarning" not in run(LATE.replace("import torch\nimport stsr_core", "import stsr_core, torch"))


def test_the_quota_of_a_control_group_counts(tmp_path):
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert usable_cores(tmp_path) == cores, "no quota"
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert usable_cores(tmp_path) == cores
    for quota in ("100000 100000\n", "20000 100000\n"):
        (tmp_path / "cpu.max").write_text(quota)
        assert usable_cores(tmp_path) == 1
    (tmp_path / "cpu.max").unlink()
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    for quota, expected in (("-1\n", cores), ("100000\n", 1)):
        (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
        assert usable_cores(tmp_path) == expected


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_what_was_asked_for_is_honoured(three_threads, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    with bounded_threads():
        assert torch.get_num_threads() == 3, "the environment's"
    with bounded_threads(2):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 3
    monkeypatch.delenv("OMP_NUM_THREADS")
    with bounded_threads():
        assert torch.get_num_threads() == min(3, usable_cores())
    with bounded_threads(processes=1000):
        assert torch.get_num_threads() == 1
    with bounded_threads(7), bounded_threads():
        assert torch.get_num_threads() == 7, "the outer number is left alone"
