"""What MPI ranks do together; without MPI there is one, which does it alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stsr_filters.pipeline.sentence import sentence
from stsr_filters.pipeline.vtk_compat import controller, process_count, process_rank, vtkIntArray

_LARGEST = 0  # vtkCommunicator.MAX_OP


@contextmanager
def together() -> Iterator[None]:
    """The body is done by every rank, each its own part; if one fails all do, with that one's sentence.

    Every rank waits at the end for the others.
    """
    failure = None
    try:
        yield
    except Exception as error:
        if process_count() == 1:
            raise
        failure = error
    if process_count() == 1:
        return
    mine, worst = vtkIntArray(), vtkIntArray()
    mine.InsertNextValue(-1 if failure is None else process_rank())
    worst.InsertNextValue(-1)
    controller().AllReduce(mine, worst, _LARGEST)
    if worst.GetValue(0) >= 0:
        said = from_rank("" if failure is None else sentence(failure), worst.GetValue(0))
        raise failure or ValueError(said)


def from_rank(text: str, rank: int = 0) -> str:
    """The ``text`` of one rank, on every rank."""
    if process_count() == 1:
        return text
    letters = vtkIntArray()
    for letter in text.encode() if process_rank() == rank else ():
        letters.InsertNextValue(letter)
    letters.InsertNextValue(0)  # nothing at all cannot be sent
    controller().Broadcast(letters, rank)
    return bytes(letters.GetValue(i) for i in range(letters.GetNumberOfTuples() - 1)).decode()
