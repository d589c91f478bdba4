"""The notebooks run from end to end, and are stored as they are written: without outputs."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))

QUICK = {
    "02-azure-to-multi-cloud": "GAP = 0.002",
    "04-a-million-gpus": "GAP, TIME_LIMIT = 0.03, 600",
}
"""Parameters that end the longer ones early: by a gap, so that a busy machine changes nothing."""

CELL_SECONDS = 600


def read(name: str) -> Any:
    """A notebook as it is stored."""
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


def code_cells(notebook: Any) -> list[Any]:
    """The cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def parameter_cells(notebook: Any) -> list[Any]:
    """The cells with the tag `parameters`, which others may set."""
    return [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]


def execute(name: str, parameters: str = "") -> Any:
    """Run a notebook in a fresh kernel, in its own folder, with some parameters set otherwise.

    Sockets are files, since ports that were free when they were chosen may be taken when a kernel
    starts.
    """
    notebook = read(name)
    for cell in parameter_cells(notebook):
        cell.source += f"\n{parameters}"
    with TemporaryDirectory() as sockets:
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": str(FOLDER)}},
            config=Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"}),
        )
        return client.execute()


def check_outputs(notebook: Any) -> None:
    """Every cell has run, something was shown, and nobody was warned of anything."""
    cells = code_cells(notebook)
    outputs = [output for cell in cells for output in cell.outputs]
    shown = {kind for output in outputs for kind in output.get("data", ())}
    assert all(cell.execution_count for cell in cells)
    assert {"text/html", "application/vnd.plotly.v1+json"} <= shown
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


def test_there_are_notebooks() -> None:
    """Notebooks are numbered without a gap, and those with quick parameters are among them."""
    assert [int(name[:2]) for name in NOTEBOOKS] == list(range(1, len(NOTEBOOKS) + 1))
    assert len(NOTEBOOKS) >= 7
    assert set(NOTEBOOKS) >= QUICK.keys()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_runs(name: str) -> None:
    """It runs from the first cell to the last, and all that it asserts holds."""
    check_outputs(execute(name, QUICK.get(name, "")))


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_runs_as_stored(name: str) -> None:
    """The longer ones also run with the parameters that they are stored with."""
    check_outputs(execute(name))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_is_stored_clean(name: str) -> None:
    """No outputs, no counts, nothing of the machine; cells have names that stay as they are."""
    notebook = read(name)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert [cell.id for cell in code_cells(notebook) if cell.outputs or cell.execution_count] == []
    assert [cell.id for cell in notebook.cells if set(cell.metadata) - {"tags"}] == []
    assert [cell.id for cell in notebook.cells if not re.fullmatch(r"[a-z-]+", cell.id)] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_reads_well(name: str) -> None:
    """It begins with its title, cells are short, and its links lead somewhere."""
    notebook = read(name)
    assert notebook.cells[0].source.startswith("# ")
    assert [cell.id for cell in notebook.cells if cell.source.count("\n") > 70] == []
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [link for link in links if not (FOLDER / link).exists()] == []


@pytest.mark.parametrize("name", QUICK)
def test_quick_parameters_exist(name: str) -> None:
    """What the tests set is what the notebook's own cell of parameters sets."""
    (cell,) = parameter_cells(read(name))
    assert assigned(QUICK[name]) <= assigned(cell.source)


def assigned(code: str) -> set[str]:
    """The names that some code assigns to."""
    stored = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))
    return {node.id for node in stored if isinstance(node.ctx, ast.Store)}
