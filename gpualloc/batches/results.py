"""What became of each instance of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from gpualloc.errors import Fault
from gpualloc.instance.json_text import parse_json
from gpualloc.plan.files import plan_from_dict
from gpualloc.plan.plan import Plan
from gpualloc.version import __version__

Label = Literal[
    "optimal",
    "feasible",
    "infeasible",
    "unknown",
    "invalid",
    "timeout",
    "memory",
    "crashed",
    "failed",
    "quarantined",
]
"""The first two have a plan.

`infeasible`: proven that no plan is valid. `unknown`: neither plan nor proof. `invalid`: the
instance has faults. `timeout`: no plan within the time limit, or stopped because it did not end.
`memory`: stopped at the memory limit, or out of memory. `crashed`: its process died. `failed`: the
solver or gpualloc reported an error. `quarantined`: it was lost with its worker twice.
"""

SOLVED = ("optimal", "feasible")
LABELS: tuple[Label, ...] = get_args(Label)


@dataclass(frozen=True)
class Outcome:
    """What a worker has to say of one solve.

    Attributes
    ----------
    label : str
        One of `LABELS`.
    message : str
        The reason where there is no plan; a traceback where gpualloc is at fault.
    faults : tuple of Fault
        What is wrong with the instance, where the label is `invalid`.
    plan : str or None
        The text of the plan's file; also an instance proven infeasible has one.
    objective_usd, bound_usd, gap : float or None
        As in the plan.
    seconds : float
        From the start of the process to its end.
    peak_memory_gb : float
        The most memory that was seen in use, in GB.
    gpualloc : str
        The version that solved.
    """

    label: Label
    message: str = ""
    faults: tuple[Fault, ...] = ()
    plan: str | None = None
    objective_usd: float | None = None
    bound_usd: float | None = None
    gap: float | None = None
    seconds: float = 0.0
    peak_memory_gb: float = 0.0
    gpualloc: str = __version__

    def document(self) -> dict[str, Any]:
        """The outcome as a JSON object."""
        return {**vars(self), "faults": [asdict(fault) for fault in self.faults]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Outcome:
        """The outcome that a JSON object holds.

        Raises
        ------
        ValueError
            Its label is unknown.
        """
        if document["label"] not in LABELS:
            raise ValueError(document["label"])
        known = {column.name for column in fields(cls)} - {"faults"}
        given = {name: value for name, value in document.items() if name in known}
        faults = tuple(Fault(**fault) for fault in document.get("faults", ()))
        return cls(faults=faults, **given)


@dataclass(frozen=True)
class Result:
    """The result of one instance; true if it has a plan.

    Attributes
    ----------
    key : str
        SHA-256 of the instance, its scenario, the settings and the version, in hexadecimal digits.
    name : str
        The file, or the name of an instance made in Python.
    scenario : str
        What was changed about the instance; empty for nothing.
    outcome : Outcome
        Label, message, faults, plan, seconds and peak memory.
    reused : bool
        Whether it was committed before this run, and only read again.
    """

    key: str
    name: str
    scenario: str
    outcome: Outcome = field(repr=False)
    reused: bool = field(default=False, compare=False)

    @property
    def label(self) -> Label:
        """What became of the instance: one of `LABELS`."""
        return self.outcome.label

    @property
    def message(self) -> str:
        """Why there is no plan, in a line: the first fault, or the last line of the message."""
        faults = self.outcome.faults
        if not faults:
            return next(reversed(self.outcome.message.strip().splitlines()), "")
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return f"{faults[0]}{more}"

    @property
    def plan(self) -> Plan | None:
        """What the solve found and proved; None where it did not come to an end."""
        text = self.outcome.plan
        return None if text is None else plan_from_dict(parse_json(text)[0], source=self.name)

    def __bool__(self) -> bool:
        return self.label in SOLVED
