"""Divide what watch.py writes."""

import os

with open(os.environ["STSR_FOLDER"] + "/seen", "a") as stream:
    print('"note"', file=stream)
