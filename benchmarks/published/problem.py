r"""One problem for all three: items are assigned to sites.

.. math:: \min \sum_i c_{i s(i)} + \sum_{s \in S} f_s + \sum_{i, j} t_{ij} \, d_{s(i) s(j)}
          \quad \text{with} \quad \sum_{i: s(i) = s} q_{is} \le Q_s

over :math:`s(i)`, the site of item i, with :math:`S` the sites in use. Generalized assignment has
no f and t, single-source facility location no t and one q for all sites, generalized quadratic
assignment no f and one q for all sites.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

Row = tuple[Fraction, ...]
Table = tuple[Row, ...]


@dataclass(frozen=True)
class AssignmentProblem:
    """A published instance, its figures as exact fractions.

    Parameters
    ----------
    kind : str
        ``gap``, ``sscflp`` or ``gqap``.
    name : str
        As the literature calls the instance.
    demand, cost : table
        (items, sites) what an item takes of a site's capacity, and what its assignment costs.
    capacity : row
        (sites,)
    opening : row
        (sites,) what a site costs that is used at all; empty where nothing.
    traffic : table
        (items, items) traffic from item to item, times its unit cost; empty where there is none.
    distance : table
        (sites, sites); empty where there is no traffic.
    maximize : bool
        Whether `cost` is a profit.
    published : Fraction or None
        The best value that the file itself tells.
    """

    kind: str
    name: str
    demand: Table
    cost: Table
    capacity: Row
    opening: Row = ()
    traffic: Table = ()
    distance: Table = ()
    maximize: bool = False
    published: Fraction | None = None

    @property
    def items(self) -> int:
        """How many items there are."""
        return len(self.cost)

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.capacity)

    def fits(self, assignment: Sequence[int]) -> bool:
        """Whether the site of each item, by number, keeps all capacities."""
        load = [Fraction(0)] * self.sites
        for item, site in enumerate(assignment):
            load[site] += self.demand[item][site]
        return all(used <= most for used, most in zip(load, self.capacity, strict=True))

    def value(self, assignment: Sequence[int]) -> Fraction:
        """What an assignment costs, or earns."""
        total = sum((self.cost[item][site] for item, site in enumerate(assignment)), Fraction(0))
        if self.opening:
            total += sum((self.opening[site] for site in set(assignment)), Fraction(0))
        for i, row in enumerate(self.traffic):
            for j, amount in enumerate(row):
                total += amount * self.distance[assignment[i]][assignment[j]]
        return total
