"""Begin to record; the second time, write what was recorded."""

import os

from paraview import smtrace

if smtrace.sm.vtkSMTrace.GetActiveTracer() is None:
    smtrace.start_trace()
else:
    with open(os.environ["STSR_FOLDER"] + "/trace.py", "w") as stream:
        stream.write(smtrace.stop_trace())
