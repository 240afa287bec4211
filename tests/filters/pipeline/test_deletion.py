"""What an algorithm leaves behind is cleared when it goes, and when the program ends nothing is called."""

from __future__ import annotations

import gc
import subprocess
import sys

from vtkmodules.util.vtkAlgorithm import VTKPythonAlgorithmBase

from stsr_filters.pipeline.deletion import on_deletion

AT_THE_END = """
from stsr_filters import STSRModel
from stsr_filters.pipeline.deletion import on_deletion
source = STSRModel()
on_deletion(source, lambda: print("called"))
"""


def test_it_is_called_when_the_algorithm_goes() -> None:
    said: list[str] = []
    algorithms = [VTKPythonAlgorithmBase() for _ in range(2)]
    for i, algorithm in enumerate(algorithms):
        on_deletion(algorithm, lambda i=i: said.append(f"{i} went"))  # type: ignore[misc]
    del algorithms[0], algorithm
    gc.collect()
    assert said == ["0 went"]


def test_a_program_that_ends_ends_well() -> None:
    done = subprocess.run([sys.executable, "-c", AT_THE_END], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
