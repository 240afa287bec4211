"""Makes an environment's packages importable inside ParaView's Python.

The environment stands in front of ParaView's own packages, or else an older sympy or numpy of the
system hides the one torch needs; and it is put there only after VTK is bound, or else its VTK wheel
would replace ParaView's and crash it.
"""

from __future__ import annotations

import os
import site
import sys

#: Names the site-packages folders, separated like PATH; set by `stsr-paraview run`.
VARIABLE = "STSR_SITE_PACKAGES"


def activate() -> None:
    """Put the folders named in STSR_SITE_PACKAGES in front of ``sys.path``; idle torch threads then sleep."""
    # Before torch starts its threads: waiting ones sleep and leave the cores to ParaView's renderer.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    folders = [f for f in os.environ.get(VARIABLE, "").split(os.pathsep) if os.path.isdir(f)]
    if folders:
        import vtkmodules  # noqa: F401  (binds ParaView's own VTK, whatever stands on the path later)
    for folder in reversed(folders):
        site.addsitedir(folder)  # reads .pth files too: an editable installation is one
        if folder in sys.path:
            sys.path.remove(folder)
        sys.path.insert(0, folder)
