"""Assignment problems small enough to enumerate, in the formats in which they are published."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
from published.problem import AssignmentProblem, Table

# Two agents, three jobs: agent 1 has room for jobs 1 and 2 (3 + 4 <= 7), agent 2 for 2 and 3.
GAP = "2 3\n5 1 9\n2 8 3\n3 4 6\n5 2 4\n7 6\n"

SSCFLP = "2 3\n7 10\n9 30.\n3. 4. 5.\n1. 2. 9.\n4. 4.5 2.\n"

GQAP = """3 2 2
0 1 4
2 0 0
0 3 0
0 7
7 0
5 6
1 8
2 2
3 4 2
6 7
"""

# The same as a header of Lee and Ma's.
GQAP_HEADER = """/* data */
#define PROCESS_NUM 3
#define LOCATION_NUM 2
const double Unit_Transportation_Fee=2;
const double Installation_Cost[PROCESS_NUM][LOCATION_NUM]={{5,6},{1,8},{2,2},};
const double Flow[PROCESS_NUM][PROCESS_NUM]
    ={{0,1,4},   /*row i means ith process*/
      {2,0,0}, {0,3,0}, };
const double Distance[LOCATION_NUM][LOCATION_NUM] ={{0,7},{7,0},};
const double Space_Need[PROCESS_NUM]={3,4,2};
double Space_Avail[LOCATION_NUM]={6,7};
const double Space_Avail_Const[LOCATION_NUM]={6,7};
"""


def exact(table: np.ndarray) -> Table:
    """A table of whole numbers as fractions."""
    return tuple(tuple(Fraction(int(one)) for one in row) for row in table)


def best_value(problem: AssignmentProblem) -> Fraction | None:
    """The best value over all assignments, one by one; None where none fits."""
    every = product(range(problem.sites), repeat=problem.items)
    values = [problem.value(assignment) for assignment in every if problem.fits(assignment)]
    return (max if problem.maximize else min)(values, default=None)


def draw_problem(kind: str, seed: int) -> AssignmentProblem:
    """A random problem: 3 sites, 4 items, about as much room as is needed."""
    random = np.random.default_rng([seed, len(kind)])
    sites, items = 3, 4
    own = random.integers(1, 9, (items, sites))
    demand = own if kind == "gap" else np.repeat(own[:, :1], sites, axis=1)
    if kind == "gqap" and seed % 3 == 0:
        demand[seed % items] = 0
    room = demand.sum(axis=0) * random.uniform(0.35, 0.8, sites)
    distance = random.integers(1, 9, (sites, sites))
    np.fill_diagonal(distance, 0)
    traffic = random.integers(0, 6, (items, items))
    if seed % 2:
        distance = distance + distance.T
    else:
        traffic = traffic + traffic.T
    has_traffic = kind == "gqap"
    return AssignmentProblem(
        kind=kind,
        name=f"random {seed}",
        demand=exact(demand),
        cost=exact(random.integers(-3 if seed % 4 == 1 else 0, 20, (items, sites))),
        capacity=exact(room[None, :].astype(int))[0],
        opening=exact(random.integers(0, 30, (1, sites)))[0] if kind == "sscflp" else (),
        traffic=exact(traffic) if has_traffic else (),
        distance=exact(distance) if has_traffic else (),
        maximize=kind == "gap" and seed % 2 == 1,
    )
