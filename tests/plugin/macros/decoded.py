"""Hold the window until the process beside it has decoded the step whose preview stands."""

import time

from paraview import simple

scrubbing = simple.GetActiveSource().SMProxy.GetClientSideObject()._scrubbing
while scrubbing._job is not None and not scrubbing._worker.look(scrubbing._job):
    time.sleep(0.1)
