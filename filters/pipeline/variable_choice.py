"""Which of a model's variables are decoded: the check-boxes of the panel."""

from __future__ import annotations

from typing import Any

from stsr_filters.pipeline.vtk_compat import vtkDataArraySelection, vtkWeakReference


class VariableChoice:
    """A vtkDataArraySelection that follows the variables of the model; new ones are ticked.

    Parameters
    ----------
    algorithm : vtkAlgorithm
        Modified when the user changes the choice, and not when a model's variables are listed.

    Attributes
    ----------
    selection : vtkDataArraySelection
        What ParaView and VTK read and set.
    """

    def __init__(self, algorithm: Any) -> None:
        self.selection = vtkDataArraySelection()
        self._offered: tuple[str, ...] = ()
        self._offering = False
        self._reference = vtkWeakReference()  # no circle: see Reporting
        self._reference.Set(algorithm)
        self.selection.AddObserver("ModifiedEvent", self._modified)  # type: ignore[arg-type]  # its stub takes ids

    def offer(self, names: tuple[str, ...]) -> None:
        """List the variables of a model; what was chosen by name before the model came is kept."""
        if names == self._offered:
            return
        self._offering = True
        try:
            for name in set(self._offered) - set(names):
                self.selection.RemoveArrayByName(name)
            for name in names:
                self.selection.AddArray(name)
        finally:
            self._offering = False
            self._offered = names

    def chosen(self) -> tuple[str, ...]:
        """The ticked variables of the model, in its order.

        Raises
        ------
        ValueError
            If nothing is ticked, or something the model lacks.
        """
        listed = [self.selection.GetArrayName(i) for i in range(self.selection.GetNumberOfArrays())]
        ticked = {name for name in listed if self.selection.ArrayIsEnabled(name)}
        known = ", ".join(self._offered)
        for name in sorted(ticked - set(self._offered)):
            raise ValueError(f"the model has no variable {name!r}; it has {known}")
        if not ticked:
            raise ValueError(f"at least one variable must be chosen of {known}")
        return tuple(name for name in self._offered if name in ticked)

    def _modified(self, *_: object) -> None:
        # Listing a model's variables is no change by the user: it must not make the filter run again.
        if not self._offering:
            algorithm: Any = self._reference.Get()
            algorithm.Modified()
