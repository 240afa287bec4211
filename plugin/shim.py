"""Stands for stsr_plugin on ParaView's path and hands over to the installed one.

`stsr-paraview install` writes a copy of this file with the two names below filled in. PYTHONPATH can then
name a folder that holds nothing else: the environment itself must not stand there (see site_packages.py).
"""

import importlib.util
import os
import sys

SITE_PACKAGES = ""
PACKAGE = ""

os.environ.setdefault("STSR_SITE_PACKAGES", SITE_PACKAGES)
_spec = importlib.util.spec_from_file_location(
    "stsr_plugin", os.path.join(PACKAGE, "__init__.py"), submodule_search_locations=[PACKAGE]
)
assert _spec is not None and _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
# The import system hands out what stands here when this file has run.
sys.modules["stsr_plugin"] = _module
_spec.loader.exec_module(_module)
