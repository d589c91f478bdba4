"""The solvers, by name. Solvers are imported in this folder alone, and only when they are used."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version

from gpualloc.engines.backends.base import Backend, Listener, Outcome, Settings
from gpualloc.errors import MissingExtraError, SolverError, UsageError

__all__ = [
    "Backend",
    "Listener",
    "Outcome",
    "Settings",
    "SolverInfo",
    "list_solvers",
    "make_backend",
]

DEFAULT_SOLVER = "highs"

PULP_PREFIX = "pulp:"

LEAST_HIGHSPY = (1, 16)

ROUNDS = "it rounds continuous columns to whole numbers; use cp-sat"
"""Why PuLP's own way to CP-SAT, `pulp:CPSAT`, is refused."""


@dataclass(frozen=True)
class SolverInfo:
    """What is known of a solver on this machine.

    Attributes
    ----------
    name : str
        As `solver` takes it.
    version : str or None
        None where it is not installed.
    available : bool
        Whether it can be used.
    refused : str or None
        Why an installed version is not used.
    note : str
        What it is good for, or how to get it.
    """

    name: str
    version: str | None
    available: bool
    refused: str | None
    note: str


def make_backend(name: str | None) -> Backend:
    """The backend of a solver by name; None is the default, HiGHS.

    Raises
    ------
    UsageError
        No solver has this name.
    MissingExtraError
        It is not installed.
    SolverError
        The installed version is known to be wrong.
    """
    name = DEFAULT_SOLVER if name is None else name
    if name.startswith(PULP_PREFIX):
        return _make_pulp(name.removeprefix(PULP_PREFIX))
    if name not in MAKERS:
        close = get_close_matches(name, MAKERS, n=1)
        hint = f'; did you mean "{close[0]}"?' if close else ""
        names = ", ".join(MAKERS)
        raise UsageError(f'"{name}" is not a solver ({names} or pulp:NAME){hint}')
    return MAKERS[name]()


def check_highspy() -> None:
    """Refuse versions of HiGHS that return wrong optima on small integer programs."""
    found = _installed("highspy")
    if found is None:
        raise MissingExtraError("HiGHS is not installed: pip install 'highspy>=1.16'")
    refused = _refusal(found)
    if refused is not None:
        raise SolverError(f"HiGHS {found} is refused: {refused}")


def _refusal(highspy_version: str) -> str | None:
    numbers = tuple(map(int, re.findall(r"\d+", highspy_version)[:2]))
    if numbers < LEAST_HIGHSPY:
        return "versions before 1.16 return wrong optima; pip install 'highspy>=1.16'"
    return None


def _make_highs() -> Backend:
    check_highspy()
    from gpualloc.engines.backends.highs import HighsBackend

    return HighsBackend()


def _make_cbc() -> Backend:
    from gpualloc.engines.backends import pulp

    for name in pulp.CBC_NAMES:
        if pulp.is_available(name):
            return pulp.PulpBackend(name)
    raise MissingExtraError("CBC is not installed: pip install 'gpualloc[cbc]'")


def _make_pulp(name: str) -> Backend:
    from gpualloc.engines.backends import pulp

    known = pulp.solver_names()
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f'; did you mean "{PULP_PREFIX}{close[0]}"?' if close else ""
        raise UsageError(f'PuLP has no solver "{name}"{hint}')
    if name == "HiGHS":
        check_highspy()
    if name == "CPSAT":
        raise SolverError(f"{PULP_PREFIX}{name} is refused: {ROUNDS}")
    if not pulp.is_available(name):
        raise MissingExtraError(f"PuLP does not see {name} on this machine")
    return pulp.PulpBackend(name)


def _make_scip() -> Backend:
    _require_ortools()
    from gpualloc.engines.backends.mathopt import ScipBackend

    return ScipBackend()


def _make_cpsat() -> Backend:
    _require_ortools()
    from gpualloc.engines.backends.cpsat import CpSatBackend

    return CpSatBackend()


def _require_ortools() -> None:
    if _installed("ortools") is None:
        raise MissingExtraError("OR-Tools is not installed: pip install 'gpualloc[ortools]'")


MAKERS: dict[str, Callable[[], Backend]] = {
    "highs": _make_highs,
    "cbc": _make_cbc,
    "scip": _make_scip,
    "cp-sat": _make_cpsat,
}


def list_solvers() -> list[SolverInfo]:
    """Every solver that can be named, and whether it can be used here."""
    from gpualloc.engines.backends import pulp

    highspy, ortools = _installed("highspy"), _installed("ortools")
    refused = None if highspy is None else _refusal(highspy)
    cbc = any(pulp.is_available(name) for name in pulp.CBC_NAMES)
    through = f"through PuLP {version('pulp')}"
    infos = [
        SolverInfo("highs", highspy, highspy is not None and not refused, refused, "the default"),
        SolverInfo(
            "cbc", through if cbc else None, cbc, None, "" if cbc else "pip install 'gpualloc[cbc]'"
        ),
        *(
            SolverInfo(
                name,
                None if ortools is None else f"in OR-Tools {ortools}",
                ortools is not None,
                None,
                "" if ortools else "pip install 'gpualloc[ortools]'",
            )
            for name in ("scip", "cp-sat")
        ),
    ]
    for name in pulp.solver_names():
        seen = pulp.is_available(name)
        reason = {"HiGHS": refused, "CPSAT": ROUNDS}.get(name) if seen else None
        infos.append(
            SolverInfo(
                PULP_PREFIX + name,
                through if seen else None,
                seen and reason is None,
                reason,
                "",
            )
        )
    return infos


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
