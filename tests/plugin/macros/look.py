"""Keep what is on the screen, and what the active source says and has said."""

import json
import os
import shutil

from paraview import simple

folder = os.environ["STSR_FOLDER"] + "/looks"
name = f"{len(os.listdir(folder)) // 2:02d}"
shutil.copyfile(os.environ["STSR_SCREEN"], f"{folder}/{name}.xwd")
source = simple.GetActiveSource()
seen = {"panel": source.SMProxy.GetProperty("Status").GetElement(0)}
seen |= {"source": source.GetXMLName(), "status": source.Status, "error": source.LastError}
seen["names"] = sorted(name for name, _ in simple.GetSources())
with open(f"{folder}/{name}.json", "w") as stream:
    json.dump(seen, stream)
