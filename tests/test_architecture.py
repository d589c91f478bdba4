"""The architecture, read from the source: what imports what, and how large files are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LAYERS = (
    {"errors", "layout", "progress", "units", "vectors", "version"},
    {"instance"},
    {"rules"},
    {"plan"},
    {"formulation"},
    {"engines"},
    {"generator", "solving"},
    {"answers"},
    {"batches"},
    {"plots"},
    {"report"},
    {"cli", "notebooks"},
    {"__init__", "__main__"},
)
"""Modules and packages of gpualloc from the ground up; imports point to lower layers only.

The plan with its checker is below the engines: they hand out checked plans, and the checker must
not know them. What faces the user may also go through the front door, `gpualloc` itself.
"""

FACES = set().union(*LAYERS[-5:])

SOLVERS = {
    *("cbcbox", "coptpy", "cplex", "cvxpy", "gurobipy", "highspy", "mip", "ortools"),
    *("pulp", "pyomo", "pyscipopt", "xpress"),
}
SOLVER_HOMES = ("gpualloc.engines.backends", "gpualloc.engines.decomposition")

PLOTTING = {"altair", "bokeh", "folium", "matplotlib", "plotly", "seaborn"}
PLOTTING_HOMES = ("gpualloc.plots",)

SLOW = {*SOLVERS, *PLOTTING, "numpy", "openpyxl", "pandas", "pydantic", "pydantic_core", "scipy"}
"""What takes so long to import that `gpualloc --help` must do without it."""

MOST_LINES = 400


@dataclass(frozen=True)
class Import:
    """One module's import of another.

    Attributes
    ----------
    lazy : bool
        Whether it is inside a function, so that it runs late or never.
    typing : bool
        Whether it is for the type checker alone.
    """

    source: str
    target: str
    line: int
    lazy: bool
    typing: bool

    def __str__(self) -> str:
        return f"{self.source} line {self.line} imports {self.target}"


def module_name(path: Path) -> str:
    """The dotted name of a source file; a package's is that of its `__init__.py`."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted((ROOT / "gpualloc").rglob("*.py"))}


def imports_of(module: str, path: Path) -> Iterator[Import]:
    """Every import of a module, wherever it stands."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def visit(node: ast.AST, lazy: bool, typing: bool) -> Iterator[Import]:
        for target in targets_of(node, package):
            yield Import(module, target, getattr(node, "lineno", 0), lazy, typing)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            typing = True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            lazy = True
        for child in ast.iter_child_nodes(node):
            yield from visit(child, lazy, typing)

    yield from visit(ast.parse(path.read_text(encoding="utf-8")), lazy=False, typing=False)


def targets_of(node: ast.AST, package: str) -> Iterator[str]:
    """What an import statement imports: modules by full name, where a name is one."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        above = package.split(".")[: -(node.level - 1) or None] if node.level else []
        base = ".".join((*above, *(node.module or "").split("."))).strip(".")
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            yield inner if inner in MODULES else base


IMPORTS = [found for module, path in MODULES.items() for found in imports_of(module, path)]


def part_of(module: str) -> str:
    """The module or package right below `gpualloc` that a module is, or is in."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def layer_of(module: str) -> int:
    """The layer of a module, counted from the ground."""
    return next(at for at, parts in enumerate(LAYERS) if part_of(module) in parts)


def is_within(module: str, homes: tuple[str, ...]) -> bool:
    """Whether a module is one of the homes, or in one."""
    return any(module == home or module.startswith(f"{home}.") for home in homes)


def test_every_part_has_a_layer() -> None:
    """A new module or package is given its place in the layers."""
    assert {part_of(module) for module in MODULES} <= set().union(*LAYERS)


def test_imports_point_down() -> None:
    """No part imports one above it, or beside it in its layer, even late or for types alone."""
    upward = [
        str(found)
        for found in IMPORTS
        if found.target in MODULES
        and part_of(found.source) != part_of(found.target)
        and layer_of(found.source) <= layer_of(found.target)
        and not (found.target == "gpualloc" and part_of(found.source) in FACES)
    ]
    assert upward == []


def test_there_is_no_cycle() -> None:
    """No module needs itself at run time, not even by an import inside a function."""
    needs: dict[str, set[str]] = {module: set() for module in MODULES}
    for found in IMPORTS:
        if found.target in MODULES and not found.typing:
            needs[found.source].add(found.target)
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        pytest.fail(" needs ".join(reversed(error.args[1])))


@pytest.mark.parametrize(
    ("packages", "homes"),
    [(SOLVERS, SOLVER_HOMES), (PLOTTING, PLOTTING_HOMES)],
    ids=["solvers", "plotting"],
)
def test_packages_stay_at_home(packages: set[str], homes: tuple[str, ...]) -> None:
    """Solvers are imported in their own folders alone, and so are plotting libraries."""
    strayed = [
        str(found)
        for found in IMPORTS
        if found.target.split(".")[0] in packages and not is_within(found.source, homes)
    ]
    assert strayed == []


def test_help_imports_nothing_slow() -> None:
    """All that `gpualloc --help` loads, followed from module to module, is quick to import."""
    reached, waiting = set(), ["gpualloc.cli.app"]
    while waiting:
        module = waiting.pop()
        if module in MODULES and module not in reached:
            reached.add(module)
            waiting.append(module.rpartition(".")[0])
            waiting.extend(
                found.target
                for found in IMPORTS
                if found.source == module and not found.lazy and not found.typing
            )
    slow = [
        str(found)
        for found in IMPORTS
        if found.source in reached
        and not found.lazy
        and not found.typing
        and found.target.split(".")[0] in SLOW
    ]
    assert "gpualloc.cli.solve" in reached
    assert slow == []


def test_the_command_line_stays_in_its_folder() -> None:
    """Typer is the command line's alone, so that nobody pays for it who imports gpualloc."""
    strayed = [
        str(found)
        for found in IMPORTS
        if found.target.split(".")[0] == "typer" and not is_within(found.source, ("gpualloc.cli",))
    ]
    assert strayed == []


@pytest.mark.parametrize("folder", ["gpualloc", "tests", "benchmarks"])
def test_files_are_short(folder: str) -> None:
    """A file has at most 400 lines."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
    assert lengths
