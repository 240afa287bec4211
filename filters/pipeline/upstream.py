"""What stands before an algorithm in its pipeline."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class HasModel(Protocol):
    """An algorithm that writes a model file or shows what is in one."""

    def GetModelFile(self) -> str:
        """The .stsr file, "" if there is none."""
        ...


def model_before(algorithm: Any) -> str:
    """The model file of the nearest algorithm upstream that has one; "" if none has."""
    level, seen = [algorithm], {algorithm}
    while level:
        level = [before for one in level for before in _inputs(one) if before not in seen]
        seen.update(level)
        for one in level:
            if isinstance(one, HasModel) and one.GetModelFile():
                return one.GetModelFile()
    return ""


def _inputs(algorithm: Any) -> list[Any]:
    return [
        algorithm.GetInputAlgorithm(port, i)
        for port in range(algorithm.GetNumberOfInputPorts())
        for i in range(algorithm.GetNumberOfInputConnections(port))
    ]
