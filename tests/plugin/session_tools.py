"""What the scripts that pvpython and pvbatch run share; they find it beside themselves."""

import json

from stsr_plugin import FilterFailed, check  # before numpy_support, which would import ParaView's old numpy

from paraview import servermanager  # isort: skip
from paraview.vtk.util import numpy_support  # isort: skip


def report(found):
    """Print what was found, for the test to read."""
    print("\nfound:" + json.dumps(found, default=str))


def values(proxy, name, port=0):
    """Values of a point array on the client, in VTK's order."""
    data = servermanager.Fetch(proxy, idx=port).GetPointData().GetArray(name)
    return numpy_support.vtk_to_numpy(data).astype(float).tolist()


def rows(proxy, port):
    """The rows of a table output on the client."""
    table = servermanager.Fetch(proxy, idx=port)
    columns = [table.GetColumn(i) for i in range(table.GetNumberOfColumns())]
    return [{c.GetName(): c.GetValue(i) for c in columns} for i in range(table.GetNumberOfRows())]


def failure(proxy, time=None):
    """What check() says, "" if nothing is wrong."""
    try:
        check(proxy, time)
    except FilterFailed as error:
        return str(error)
    return ""


def status(proxy):
    """The status line as it is now."""
    proxy.UpdatePropertyInformation()
    return proxy.Status


def executions(proxy):
    """A list that grows by one at every execution."""
    ticks = []
    proxy.SMProxy.GetClientSideObject().AddObserver("StartEvent", lambda *_: ticks.append(1))
    return ticks


def settings(proxy):
    """Every property that a user can set, but the inputs, as values that JSON can hold."""
    found = {}
    for name in proxy.ListProperties():
        prop = proxy.GetProperty(name)
        inside = prop.SMProperty
        if inside.GetInformationOnly() or inside.IsA("vtkSMProxyProperty") or not hasattr(prop, "GetData"):
            continue
        value = prop.GetData()
        found[name] = list(value) if hasattr(value, "__len__") and not isinstance(value, str) else value
    return found
