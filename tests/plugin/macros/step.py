"""Go to the next unit of time."""

from paraview import simple

scene = simple.GetAnimationScene()
scene.AnimationTime = scene.AnimationTime + 1
