"""Run by pvpython for test_panel.py: the proxies as ParaView itself puts them together; prints JSON."""

from session_tools import report  # first, for the environment's numpy

# isort: split
from paraview import servermanager, simple  # noqa: F401  (simple connects)
from paraview.modules.vtkRemotingServerManager import vtkSMOrderedPropertyIterator


def properties(prototype):
    """Name, label, setter, default and whether it is for information only, of each, in order."""
    found = []
    iterator = vtkSMOrderedPropertyIterator()
    iterator.SetProxy(prototype)
    iterator.Begin()
    while not iterator.IsAtEnd():
        inside = iterator.GetProperty()
        n = inside.GetNumberOfElements() if inside.IsA("vtkSMVectorProperty") else 0
        values = [inside.GetElement(i) for i in range(n)]
        known = (iterator.GetKey(), inside.GetXMLLabel(), inside.GetCommand(), inside.GetInformationOnly())
        found.append([*known, values])
        iterator.Next()
    return found


def groups(prototype):
    """Label and properties of each."""
    all_of_them = (prototype.GetPropertyGroup(i) for i in range(prototype.GetNumberOfPropertyGroups()))
    return [
        [g.GetXMLLabel(), [g.GetProperty(i).GetXMLName() for i in range(g.GetNumberOfProperties())]]
        for g in all_of_them
    ]


manager = servermanager.ProxyManager().SMProxyManager
found = {}
SOURCES = ("STSRModel", "LatentInterpolate", "ImageDatabase")
for name in (*SOURCES, "LatentInterpolateOfInput", "NeuralFit", "NeuralUpscale", "CompareToGT"):
    group = "sources" if name in SOURCES else "filters"
    prototype = manager.GetPrototypeProxy(group, name)
    found[name] = {"class": prototype.GetVTKClassName(), "properties": properties(prototype)}
    found[name]["groups"] = groups(prototype)
report(found)
