"""Hold the window until the process beside it has baked the steps of the active source."""

from paraview import simple

baked = simple.GetActiveSource().SMProxy.GetClientSideObject()._baked
while baked._run is not None and not baked._run.join(0.1):
    pass
