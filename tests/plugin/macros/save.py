"""Save the active source by a script, at a time of its own."""

import os

from paraview import simple

simple.GetAnimationScene().AnimationTime = 1.0
simple.SaveData(os.environ["STSR_FOLDER"] + "/script.vti", simple.GetActiveSource())
