"""The scenarios of a stress test: their names, probabilities and instances."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from gpualloc.errors import UsageError
from gpualloc.instance.instance import Instance
from gpualloc.instance.scenarios import Scenario
from gpualloc.instance.wording import printable, quoted, suggestion

AS_PLANNED = "as planned"
"""The name of the instance as it is, among the scenarios."""

ROUNDING = 1e-9


class Case(NamedTuple):
    """A scenario by its name.

    Attributes
    ----------
    name : str
    changes : str
        What it changes, in words.
    probability : float
    instance : Instance
        With the changes made.
    """

    name: str
    changes: str
    probability: float
    instance: Instance


def cases_of(
    instance: Instance,
    scenarios: Mapping[str, Scenario | str],
    probabilities: Mapping[str, float] | None,
) -> tuple[Case, ...]:
    """The instance as it is, then each scenario, with their probabilities.

    Raises
    ------
    UsageError
        No scenario is given, a probability makes no sense, or a change names what is not there.
    InstanceError
        The instance has faults after a change.
    """
    if not scenarios:
        raise UsageError("no scenario is given")
    if AS_PLANNED in scenarios:
        raise UsageError(f'"{AS_PLANNED}" is the name of the instance as it is; take another')
    known = {AS_PLANNED: Scenario()}
    for name, given in scenarios.items():
        known[name] = Scenario.parse(given) if isinstance(given, str) else given
    shares = spread_probabilities(tuple(known), probabilities or {})
    return tuple(
        Case(name, str(scenario), shares[name], scenario.apply(instance, source=printable(name)))
        for name, scenario in known.items()
    )


def spread_probabilities(names: tuple[str, ...], given: Mapping[str, float]) -> dict[str, float]:
    """Every scenario's probability: what is given, and equal parts of the rest for the others."""
    for name, probability in given.items():
        if name not in names:
            hint = suggestion(name, names)
            raise UsageError(f"there is no scenario {quoted(name)} for a probability{hint}")
        if not 0 <= probability <= 1:
            raise UsageError(f"{printable(name)}: {probability} is not a probability from 0 to 1")
    rest = 1 - math.fsum(given.values())
    others = [name for name in names if name not in given]
    if rest < -ROUNDING or (not others and rest > ROUNDING):
        raise UsageError(f"the probabilities add up to {1 - rest:g}; they must make 1")
    return {name: given.get(name, max(0.0, rest) / max(1, len(others))) for name in names}
