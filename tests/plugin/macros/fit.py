"""Make the fit the active source."""

from paraview import simple

simple.SetActiveSource(simple.FindSource("NeuralFit1"))
