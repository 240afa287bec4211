"""Run by ParaView's Python for `stsr-paraview doctor`: prints one line of JSON about what it can import."""

import importlib
import json
import os
import sys
from xml.etree import ElementTree

answer: dict = {
    "python": sys.version.split()[0],
    "numpy_before": getattr(sys.modules.get("numpy"), "__file__", ""),
    "modules": {},
}


def attempt(name):
    """Version and file of a module, or the error of importing it."""
    try:
        module = importlib.import_module(name)
        return {"version": str(getattr(module, "__version__", "")), "file": str(module.__file__)}
    except BaseException as error:  # a broken extension may raise anything
        return {"error": f"{type(error).__name__}: {error}"}


def own_numpy():
    """The version of the numpy that ParaView would import without the environment, "" if none."""
    import importlib.metadata

    for found in importlib.metadata.distributions(name="numpy", path=list(sys.path)):
        return found.version
    return ""


def proxies():
    """(group, element) of every proxy of the panel that a menu lists."""
    tree = ElementTree.parse(os.path.join(os.path.dirname(os.path.abspath(__file__)), "xml", "Stsr.xml"))
    for group in tree.iter("ProxyGroup"):
        if group.get("name") in ("sources", "filters"):
            for proxy in group.iter("SourceProxy"):
                yield group.get("name"), proxy


def why_not(group, proxy):
    """Why a proxy cannot be used, "" if it can."""
    try:
        module, _, name = proxy.get("class").rpartition(".")
        getattr(importlib.import_module(module), name)()
        from paraview import servermanager

        made = servermanager.ProxyManager().NewProxy(group, proxy.get("name"))
        if made is None:
            return "ParaView does not know it; is Stsr.xml in a folder of PV_PLUGIN_PATH?"
        made.UpdateVTKObjects()
        return "" if made.GetClientSideObject() is not None else "ParaView cannot make its VTK object"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


answer["numpy_own"] = own_numpy()
answer["modules"]["stsr_plugin"] = attempt("stsr_plugin")
for name in ("vtkmodules", "numpy", "sympy", "torch", "h5py"):
    answer["modules"][name] = attempt(name)
answer["vtk"] = importlib.import_module("vtkmodules.vtkCommonCore").vtkVersion.GetVTKVersion()
answer["device"] = ""
if "error" not in answer["modules"]["torch"]:
    answer["device"] = str(importlib.import_module("stsr_core.inference").resolve_device("auto"))
simple = importlib.import_module("paraview.simple")
version = simple.GetParaViewVersion()
answer["paraview"] = f"{version.major}.{version.minor}"
wrong = {proxy.get("label"): why_not(group, proxy) for group, proxy in proxies()}
answer["proxies"] = list(wrong)
answer["plugin"] = "; ".join(f"{label}: {why}" for label, why in wrong.items() if why)
sys.stdout.write("\nstsr-probe:" + json.dumps(answer) + "\n")
