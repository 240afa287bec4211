"""Run by the ParaView GUI itself, which make_screenshot.py starts: plays one scene and says how it went.

A scene is a file with a function ``scene(task)`` that raises if a filter failed.
"""

import json
import os
import runpy
import traceback

task = json.loads(os.environ["STSR_SCREENSHOT"])
try:
    runpy.run_path(task["scene"])["scene"](task)
    result = "done"
except Exception:
    result = traceback.format_exc()
with open(task["finished"] + ".part", "w") as stream:
    stream.write(result)
os.replace(task["finished"] + ".part", task["finished"])  # there only when it is whole
