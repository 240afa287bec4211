"""Hold the window until the background has ended."""

from paraview import simple

simple.FindSource("NeuralFit1").SMProxy.InvokeCommand("WaitForModel")
