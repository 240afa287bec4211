"""The rules of the house: who may import whom, what an import costs, and what a file may hold."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
import textwrap
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"stsr_core": ROOT / "stsr_core", "stsr_filters": ROOT / "filters", "stsr_plugin": ROOT / "plugin"}
LAYERS = {
    "stsr_core": {"stsr_filters", "stsr_plugin", "paraview", "pyvista"},
    "stsr_filters": {"stsr_plugin", "paraview", "pyvista", "vtk"},
    "stsr_plugin": {"pyvista"},
}
#: Libraries that must not be loaded by `import stsr_core` and the modules that read data and models.
HEAVY = ("vtk", "vtkmodules", "paraview", "pyvista", "h5py", "lpips")
#: One idea per file, docstrings included; what is longer than this has two.
MOST_LINES = 300
#: Where talking to the terminal is the purpose.
PRINTERS = (
    "stsr_core/cli/",
    "filters/evaluation/command",
    "filters/images/page_command",
    "filters/images/render_command",
    "filters/web/command",
    "plugin/launch",
    "plugin/doctor",
)


def sources() -> list[tuple[str, Path]]:
    """(package, file) of every module of the project."""
    return [(name, path) for name, folder in PACKAGES.items() for path in sorted(folder.rglob("*.py"))]


def module_name(package: str, path: Path) -> str:
    parts = path.relative_to(PACKAGES[package]).with_suffix("").parts
    return ".".join([package, *(p for p in parts if p != "__init__")])


def loaded_after(*imports: str) -> set[str]:
    """Modules in ``sys.modules`` of a fresh interpreter after the imports."""
    code = "import sys\n" + "".join(f"import {name}\n" for name in imports) + "print(*sys.modules, sep='\\n')"
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT.parent
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def imported_roots(tree: ast.AST) -> set[str]:
    """First parts of the names of all modules imported anywhere in a file."""
    roots = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            roots.add(node.module.split(".")[0])
    return roots


def test_importing_the_core_loads_no_heavy_library() -> None:
    assert not loaded_after("stsr_core") & {*HEAVY, "torch", "scipy", "matplotlib"}


def test_no_module_of_the_core_loads_vtk_paraview_pyvista_h5py_or_lpips() -> None:
    modules = [module_name(package, path) for package, path in sources() if package == "stsr_core"]
    assert not loaded_after(*modules) & set(HEAVY)


def extensions_of_pyvista() -> set[str]:
    """Modules that pyvista itself imports, by entry points, and that therefore may import it at once."""
    groups = ("pyvista.accessors", "pyvista.readers", "pyvista.writers")
    named = {entry.module for group in groups for entry in entry_points(group=group)}
    return {name for name in named if name.startswith("stsr_filters.")}


def test_the_filters_load_without_torch() -> None:
    pytest.importorskip("vtkmodules")
    modules = [module_name(package, path) for package, path in sources() if package == "stsr_filters"]
    assert extensions_of_pyvista() < set(modules)
    loaded = loaded_after(*set(modules) - extensions_of_pyvista())
    assert not loaded & {"torch", "h5py", "lpips", "pyvista", "paraview"}
    assert "vtkmodules.all" not in loaded, "import from the vtkmodules that are needed, not all of them"


def test_the_command_line_parses_without_torch() -> None:
    code = "import sys; from stsr_core.cli import build_parser; build_parser(); print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_imports_upward(package: str) -> None:
    for owner, path in sources():
        if owner == package:
            # The one room that is about pyvista imports it when called; loading it does not.
            allowed = {"pyvista"} if path.parent.name == "notebook" else set()
            wrong = (imported_roots(ast.parse(path.read_text())) & LAYERS[package]) - allowed
            assert not wrong, f"{path}: must not import {', '.join(sorted(wrong))}"


def test_the_rooms_of_the_pipeline_take_vtk_from_one_file() -> None:
    for package, path in sources():
        if package == "stsr_filters" and path.parent.name in (
            "algorithms",
            "decoding",
            "fitting",
            "pipeline",
        ):
            imports = "vtkmodules" in imported_roots(ast.parse(path.read_text()))
            assert imports == (path.name == "vtk_compat.py"), path


@pytest.mark.parametrize("package", PACKAGES)
def test_every_exported_name_exists_and_is_documented(package: str) -> None:
    if package != "stsr_core":
        pytest.importorskip("vtkmodules")
    module = importlib.import_module(package)
    assert module.__doc__
    names = getattr(module, "__all__", [])
    assert len(names) == len(set(names))
    for name in names:
        getattr(module, name)
        # The first access may have imported a module of that name, which would then hide the object.
        value = getattr(module, name)
        hidden = isinstance(value, ModuleType) and name in getattr(module, "_EXPORTS", ())
        assert not hidden, f"{package}.{name} is its module"
        if not name.startswith("__") and callable(value):
            assert value.__doc__, f"{package}.{name} has no docstring"


@pytest.mark.parametrize(
    "init",
    [
        "stsr_core",
        "stsr_core/homogenization",
        "stsr_core/imagecodec",
        "stsr_core/metrics",
        "filters",
        "filters/notebook",
        "plugin",
    ],
)
def test_an_editor_sees_every_name_that_is_imported_on_first_use(init: str) -> None:
    body = ast.parse((ROOT / init / "__init__.py").read_text()).body
    (exports,) = (
        ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_EXPORTS"
    )
    (block,) = (
        node for node in body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    seen = {
        alias.asname: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name  # only "import x as x" is a re-export to a type checker
    }
    assert seen == exports


def _decorators(node: ast.AST) -> list[str]:
    return [ast.unparse(decorator) for decorator in getattr(node, "decorator_list", [])]


def test_every_public_function_and_class_is_documented() -> None:
    undocumented = []
    for _, path in sources():
        for node in ast.parse(path.read_text()).body:
            is_definition = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            # What is overloaded is documented once, at its implementation.
            if is_definition and not ast.get_docstring(node) and "overload" not in _decorators(node):
                undocumented.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert not undocumented


def test_files_stay_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {n} lines"
        for _, path in sources()
        if (n := len(path.read_text().splitlines())) > MOST_LINES
    ]
    assert not long


def test_the_library_does_not_print() -> None:
    for _, path in sources():
        relative = str(path.relative_to(ROOT))
        if relative.startswith(PRINTERS):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            is_print = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            )
            assert not is_print, f"{relative}:{node.lineno}: print in the library"


def test_no_star_imports_and_no_catch_all_module() -> None:
    for _, path in sources():
        assert path.stem not in ("utils", "util", "helpers", "misc", "common")
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert all(alias.name != "*" for alias in node.names), f"{path}: star import"


def test_nothing_loads_a_pickle_that_can_execute_code() -> None:
    for _, path in sources():
        tree = ast.parse(path.read_text())
        assert not imported_roots(tree) & {"dill", "joblib", "marshal", "shelve"}, path
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name == "torch.load":
                safe = [
                    k for k in node.keywords if k.arg == "weights_only" and ast.unparse(k.value) == "True"
                ]
                assert safe, f"{path}:{node.lineno}: torch.load without weights_only=True"
            assert name not in ("eval", "exec", "pickle.load", "pickle.loads", "pickle.Unpickler"), (
                f"{path}:{node.lineno}: {name}"
            )
            assert not any(
                k.arg == "allow_pickle" and ast.unparse(k.value) != "False" for k in node.keywords
            ), f"{path}:{node.lineno}: allow_pickle"


def test_nothing_uses_the_studies() -> None:
    """They stand on rendering and measuring; the command line finds them by their entry point alone."""
    room = PACKAGES["stsr_filters"] / "evaluation"
    users = [
        str(path.relative_to(ROOT))
        for _, path in sources()
        if room not in path.parents and "stsr_filters.evaluation" in path.read_text()
    ]
    assert room.is_dir() and not users


def is_a_hook(function: object) -> bool:
    """True for a method that only says what a subclass must do: ``...`` or ``raise NotImplementedError``."""
    if getattr(function, "__isabstractmethod__", False):
        return True
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body  # type: ignore[arg-type]
    body = definition.body[1:] if ast.get_docstring(definition) else definition.body  # type: ignore
    said = [ast.unparse(statement) for statement in body]
    return said in ([], ["..."], ["raise NotImplementedError"])


def overrides(kind: type) -> list[str]:
    """Implemented methods of the project's own bases that the class replaces."""
    return [
        f"{kind.__module__}.{kind.__name__}.{name} overrides {base.__name__}.{name}"
        for base in kind.__mro__[1:]
        if base.__module__.partition(".")[0] in PACKAGES
        for name in vars(kind).keys() & vars(base).keys()
        if not name.startswith("__")
        and inspect.isfunction(vars(base)[name])
        and not is_a_hook(vars(base)[name])
    ]


def test_no_implemented_method_is_overridden() -> None:
    """A class is an interface or final: a subclass fills hooks, and what differs otherwise is composed."""
    pytest.importorskip("vtkmodules")
    found = []
    absent = set() if find_spec("pyvista") else extensions_of_pyvista()
    for package, path in sources():
        # Parts of the plugin are for ParaView's own Python.
        if package != "stsr_plugin" and module_name(package, path) not in absent:
            module = importlib.import_module(module_name(package, path))
            classes = [c for c in vars(module).values() if inspect.isclass(c)]
            found += [text for c in classes if c.__module__ == module.__name__ for text in overrides(c)]
    assert not found


def test_an_override_is_found() -> None:
    class Base:
        def hook(self) -> int:
            """What a subclass says."""
            raise NotImplementedError

        def rule(self) -> int:
            return self.hook()

    class Good(Base):
        def hook(self) -> int:
            return 1

    class Bad(Base):
        def rule(self) -> int:
            return 2

    Base.__module__ = "stsr_core.test"
    assert overrides(Good) == []
    assert [text.rpartition(" ")[0] for text in overrides(Bad)] == [f"{Bad.__module__}.Bad.rule overrides"]
