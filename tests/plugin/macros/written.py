"""Hold the window until the background has written its model."""

import glob
import os
import time

end = time.monotonic() + 200
while not glob.glob(os.environ["STSR_FOLDER"] + "/clicked*.stsr") and time.monotonic() < end:
    time.sleep(0.1)
