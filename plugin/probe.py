"""Run by ParaView's Python for `stsr-paraview doctor`: prints one line of JSON about what it can import."""

import importlib
import json
import sys

answer = {
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


def load_plugin():
    """Why the plugin does not load, "" if it does."""
    try:
        from paraview import simple

        for name in ("STSRModel", "NeuralUpscale"):
            getattr(simple, name)
        simple.STSRModel().UpdatePropertyInformation()
        return ""
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
answer["plugin"] = load_plugin()
sys.stdout.write("\nstsr-probe:" + json.dumps(answer) + "\n")
