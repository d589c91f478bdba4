"""What a shell offers to complete: instances and plans among the files, engines, solvers."""

from __future__ import annotations

from pathlib import Path

INSTANCE_ENDINGS = (".json", ".json.gz", ".xlsx")
PLAN_ENDINGS = (".json", ".json.gz")


def instances(incomplete: str) -> list[str]:
    """Files that may hold an instance, and folders on the way to one."""
    return _files(incomplete, INSTANCE_ENDINGS)


def plans(incomplete: str) -> list[str]:
    """Files that may hold a plan, and folders on the way to one."""
    return _files(incomplete, PLAN_ENDINGS)


def engines(incomplete: str) -> list[str]:
    """Names of engines."""
    from gpualloc.solving import ENGINES

    return _starting(incomplete, ENGINES)


def solvers(incomplete: str) -> list[str]:
    """Names of solvers that can be used here."""
    from gpualloc.engines.backends import list_solvers

    return _starting(incomplete, [info.name for info in list_solvers() if info.available])


def _files(incomplete: str, endings: tuple[str, ...]) -> list[str]:
    head, slash, start = incomplete.rpartition("/")
    folder = Path(head + slash)
    try:
        found = sorted(path for path in folder.iterdir() if path.name.startswith(start))
    except OSError:
        return []
    shown = [path for path in found if start or not path.name.startswith(".")]
    folders = [f"{head}{slash}{path.name}/" for path in shown if path.is_dir()]
    return folders + [f"{head}{slash}{path.name}" for path in shown if path.name.endswith(endings)]


def _starting(incomplete: str, names: tuple[str, ...] | list[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
