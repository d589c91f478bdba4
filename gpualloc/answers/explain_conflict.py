"""Finding a minimal set of rules that cannot all hold.

QuickXplain (Junker, 2004) finds a conflict of k among n rules with about k log(n / k) trials. It
takes for granted that dropping a rule never makes a problem harder. That is so for limits and
lists, and not always for first refusal, which a larger holder makes stricter. So what it finds is
tried once more, rule by rule, until no rule can be spared; that needs nothing to be taken for
granted.

The rules are sought in stages: first which jobs must be served for the clash, then which contracts
it takes, then all else. The other jobs and contracts are then out of every later trial, which is
what makes trials of a large instance small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from gpualloc.answers.relaxations import BusinessRule

Rules = frozenset[BusinessRule]
Groups = list[list[BusinessRule]]

CONTRACT_KINDS = ("contract", "accepts")

STAGES = (("served",), CONTRACT_KINDS)
"""Kinds of rules that are sought before all others, in this order."""


@dataclass(frozen=True)
class Conflict:
    """Rules that cannot all hold.

    Attributes
    ----------
    rules : tuple of BusinessRule
    spared : tuple of BusinessRule
        Those of them for which no proof was found that they are needed: a trial ran out of time.
    """

    rules: tuple[BusinessRule, ...] = ()
    spared: tuple[BusinessRule, ...] = ()

    @property
    def is_minimal(self) -> bool:
        """Whether dropping any one of the rules is proven to make the rest possible."""
        return not self.spared


@dataclass
class Trials:
    """What is known of sets of rules, each tried once.

    Attributes
    ----------
    try_out : callable
        Whether a plan keeps a set of rules: True, False, or None where time ran out.
    """

    try_out: Callable[[Rules], bool | None]
    known: dict[Rules, bool | None] = field(default_factory=dict)

    def holds(self, rules: Iterable[BusinessRule]) -> bool | None:
        """Whether the rules can all hold."""
        key = frozenset(rules)
        if key not in self.known:
            self.known[key] = self.try_out(key) if key else True
        return self.known[key]

    def clash(self, rules: Iterable[BusinessRule]) -> bool:
        """Whether it is proven that the rules cannot all hold."""
        return self.holds(rules) is False


def find_conflict(
    rules: Sequence[BusinessRule], try_out: Callable[[Rules], bool | None]
) -> Conflict:
    """A minimal conflict among rules that cannot all hold.

    Parameters
    ----------
    rules : sequence of BusinessRule
        All of them together cannot hold.
    try_out : callable
        As `Trials` has it.
    """
    trials = Trials(try_out)
    trials.known[frozenset(rules)] = False
    kept: Groups = []
    stages = _staged(rules)
    for at, stage in enumerate(stages):
        later = [group for groups in stages[at + 1 :] for group in groups]
        kept += _quick(trials, kept + later, stage, stage)
    if not trials.clash(_flat(kept)):
        kept = _grouped(rules)
    found = _quick(trials, [], [], [[rule] for rule in _flat(kept)])
    if not trials.clash(_flat(found)):
        found = [[rule] for rule in rules]
    in_conflict = set(_flat(found))
    return _pared(trials, [rule for rule in rules if rule in in_conflict])


def _staged(rules: Sequence[BusinessRule]) -> list[Groups]:
    """The groups of rules, stage by stage."""
    stages: list[Groups] = [[] for _ in range(len(STAGES) + 1)]
    for group in _grouped(rules):
        kind = group[0].kind
        at = next((at for at, kinds in enumerate(STAGES) if kind in kinds), len(STAGES))
        stages[at].append(group)
    return stages


def _grouped(rules: Sequence[BusinessRule]) -> Groups:
    """The rules that are alike but for the period, together."""
    groups: dict[tuple[str, ...], list[BusinessRule]] = {}
    for rule in rules:
        groups.setdefault(rule.group, []).append(rule)
    return list(groups.values())


def _quick(
    trials: Trials,
    ground: Groups,
    added: Groups,
    groups: Groups,
) -> Groups:
    """The groups that clash with the ground; none if the ground clashes by itself."""
    if added and trials.clash(_flat(ground)):
        return []
    if len(groups) <= 1:
        return groups
    middle = len(groups) // 2
    first, second = groups[:middle], groups[middle:]
    from_second = _quick(trials, ground + first, first, second)
    from_first = _quick(trials, ground + from_second, from_second, first)
    return from_first + from_second


def _pared(trials: Trials, rules: list[BusinessRule]) -> Conflict:
    """Leave out every rule without which the others still clash, until there is none."""
    again = True
    while again:
        again = False
        for rule in list(rules):
            rest = [other for other in rules if other != rule]
            if trials.clash(rest):
                rules, again = rest, True
    spared = [
        rule for rule in rules if trials.holds(other for other in rules if other != rule) is None
    ]
    return Conflict(tuple(rules), tuple(spared))


def _flat(groups: Groups) -> list[BusinessRule]:
    return [rule for group in groups for rule in group]
