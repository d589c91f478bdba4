"""Solve the shipped instances and print the table of best plans as Markdown.

::

    python benchmarks/instances_table.py                       # all, to standard output
    python benchmarks/instances_table.py xai-memphis --time-limit 600
    python benchmarks/instances_table.py --write               # also into instances/README.md
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from machine import surroundings

import gpualloc
from gpualloc import Instance, Plan

INSTANCES = Path(__file__).parents[1] / "instances"
README = INSTANCES / "README.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"

DEFAULT_LIMIT_S = 120
LIMITS_S = {
    "openai-2024-2026": 300,
    "openai-2025-million": 300,
    "meta-2025-fleet": 300,
    "xai-memphis": 300,
}

COLUMNS = ("instance", "GPUs", "size", "status", "objective USD", "bound USD", "gap", "seconds")


def main(arguments: Sequence[str] | None = None) -> None:
    """Solve the chosen instances and print their table."""
    options = parse(arguments)
    names = options.names or shipped()
    rows, engines = [], set()
    for name in names:
        limit_s = options.time_limit or LIMITS_S.get(name, DEFAULT_LIMIT_S)
        print(f"{name}: up to {limit_s:g} s", file=sys.stderr, flush=True)
        instance = gpualloc.read(INSTANCES / f"{name}.json")
        plan = gpualloc.solve(instance, time_limit=limit_s)
        rows.append((name, f"{gpus_asked(instance):,}", size(instance), *findings(plan)))
        engines.add(plan.engine)
    text = table(rows) + "\n\n" + surroundings(engines)
    print(text)
    if options.write:
        replace_table(text)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Solve the shipped instances and print the table of best plans as Markdown."
    )
    parser.add_argument("names", nargs="*", help="instances; all when none is given")
    parser.add_argument("--time-limit", type=float, help="seconds for each instance")
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - set(shipped())):
        parser.error(f"no such instance: {', '.join(unknown)}; there are: {', '.join(shipped())}")
    if options.write and options.names:
        parser.error("--write needs the whole table: give no names")
    return options


def shipped() -> list[str]:
    """Names of all shipped instances, the teaching ones last."""
    files = sorted(INSTANCES.glob("*.json")) + sorted(INSTANCES.glob("teaching/*.json"))
    return [file.relative_to(INSTANCES).with_suffix("").as_posix() for file in files]


def gpus_asked(instance: Instance) -> int:
    """GPUs that all jobs ask for in the busiest period, each by its first option."""
    names = [period.name for period in instance.periods]
    asked = [0] * len(names)
    for job in instance.jobs:
        first = names.index(job.start) if job.start else 0
        last = names.index(job.end) if job.end else len(names) - 1
        for period in range(first, last + 1):
            asked[period] += job.options[0].shards * job.options[0].gpus_per_shard
    return max(asked)


def size(instance: Instance) -> str:
    """Data centers x jobs x periods."""
    return f"{len(instance.data_centers)} x {len(instance.jobs)} x {len(instance.periods)}"


def findings(plan: Plan) -> tuple[str, ...]:
    """Status, objective, bound, gap and seconds of a result, as they stand in the table."""
    return (
        plan.status,
        usd(plan.objective_usd),
        usd(plan.bound_usd),
        "" if plan.gap is None else f"{plan.gap:.4%}",
        f"{plan.seconds:.1f}",
    )


def usd(amount: float | None) -> str:
    """Whole dollars with separators, or nothing where there is no figure."""
    return "" if amount is None else f"{amount:,.0f}"


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Lay rows out as Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in (COLUMNS, *rows)]
    lines.insert(1, "|---|" + "---:|" * 2 + "---|" + "---:|" * 4)
    return "\n".join(lines)


def replace_table(text: str) -> None:
    """Put the table between the markers of instances/README.md."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    beside = README.with_suffix(".md.new")
    beside.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    os.replace(beside, README)


if __name__ == "__main__":
    main()
