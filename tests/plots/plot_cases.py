"""Plans for the tests of figures and reports, none of which needs a solver."""

from __future__ import annotations

from functools import cache
from typing import Any

from gpualloc import Instance, Plan
from gpualloc.generator.generator import generate_with_plan
from gpualloc.layout import Layout
from gpualloc.plan.checker import check_layout
from gpualloc.plan.plan import make_plan
from tests.small_plan import small_layout, small_tables

HOSTILE = {
    "abilene": "</script><script>window.broken=1</script>",
    "fairwater": "<img src=x onerror=window.broken=2>",
    "oracle": "\"'><svg onload=window.broken=3>",
    "llama": "<a href='javascript:window.broken=4'>%{x}</a>",
    "probe": "<!-- <style>*{display:none}</style>",
    "pledge": "{{ 7 * 7 }} ${broken} &lt;b&gt;",
}
"""What the names of the small instance become; each would break a page that does not escape."""


def plan_of(instance: Instance, layout: Layout) -> Plan:
    """The valid plan that a layout is, without a bound."""
    return make_plan(
        instance,
        layout,
        check_layout(instance, layout),
        bound_usd=None,
        stopped_by="time",
        seconds=1.0,
        engine="by hand",
        seed=0,
    )


@cache
def large_plan(periods: int = 1) -> Plan:
    """A hundred data centers and 120 jobs, with spokes and flows."""
    instance, layout = generate_with_plan(
        gpus=1_000_000, data_centers=100, jobs=120, periods=periods, seed=3
    )
    return plan_of(instance, layout)


def hostile_plan() -> Plan:
    """The small plan, under names that are code where nobody escapes them."""
    tables = _renamed({**small_tables(), "description": HOSTILE["fairwater"]})
    layout = Layout(*(_renamed_rows(rows) for rows in small_layout()))
    return plan_of(Instance.from_dict(tables), layout)


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(cell) for key, cell in value.items()}
    if isinstance(value, list):
        return [_renamed(cell) for cell in value]
    return HOSTILE.get(value, value) if isinstance(value, str) else value


def _renamed_rows(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        _renamed(row) if isinstance(row, str) else type(row)(*map(_renamed, row)) for row in rows
    )
