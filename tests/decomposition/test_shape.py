"""Reading a group's rows back by their form: what is understood, and what is soundly left out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gpualloc.engines.decomposition.shape import Shape, read_shape
from gpualloc.errors import InternalError
from gpualloc.formulation import amendment as ruled
from gpualloc.rules import rules_of
from gpualloc.rules.rule import Rule
from gpualloc.rules.writer import Block, JobColumns, Writer
from tests.decomposition.cases import (
    FOCUSES,
    draw_costs,
    groups_of,
    is_same,
    keeps_rows,
    least_of,
    price,
    pricer_of,
    tiny_data,
)
from tests.oracle.by_hand import SYNC, Data, job, linked, narrow, two_sites
from tests.rules.toys import apart, bound_by, crowded, roaming, split_twice

CONTRACTS: tuple[Data, ...] = (
    {"kind": "exclusivity", "providers": ["B"]},
    {"kind": "dedicated", "data_centers": ["a1"], "jobs": ["other"]},
    {"kind": "first_refusal", "holder": "B"},
    {"kind": "first_refusal", "holder": "B", "accepts_gpus": 20, "precedence": "listed"},
    {"kind": "commitment", "provider": "B", "usd": 9000},
    {
        "kind": "volume_discount",
        "provider": "A",
        "mode": "all_units",
        "tiers": [{"above_usd": 1000, "discount": 0.1}],
    },
    {"kind": "spend_cap", "providers": ["A"], "usd": 5000},
    {"kind": "share", "regions": ["east"], "min": 0.5},
    {"kind": "share", "providers": ["A"], "max": 0.5},
    {"kind": "count", "of": "provider", "min": 2},
    {"kind": "count", "of": "data_center", "max": 1},
    {"kind": "minimum_use", "providers": ["B"], "gpu_hours": 2000},
    {"kind": "separation", "within": "provider"},
)


def shapes_of(data: Data) -> list[Shape]:
    """The shapes of an instance's groups."""
    groups = groups_of(data)
    return [read_shape(groups.write(at)) for at in range(len(groups))]


@pytest.mark.parametrize("columns", CONTRACTS, ids=lambda columns: columns["kind"])
@pytest.mark.parametrize("buyout", [{}, {"buyout_usd": 5}], ids=["binding", "buyout"])
def test_contracts_are_understood(columns: Data, buyout: Data) -> None:
    """A job of one phase under one contract of any type has no row that pricing leaves out."""
    assert all(shape.exact for shape in shapes_of(bound_by(**columns, **buyout)))


@pytest.mark.parametrize(
    "data",
    [
        two_sites(),
        narrow(),
        crowded(job("one", unserved_usd=9), job("two", max_data_centers=1)),
        linked(),
        linked(max_data_centers=1),
        linked(max_rtt_ms=50),
        split_twice(),
        two_sites(job(current={"cheap": 1}, move_usd_per_shard=10)),
        two_sites(job(staging_usd={"a1": 500}, current={"dear": 4})),
        two_sites(job(gpus=50, unserved_usd=1)),
    ],
    ids=str,
)
def test_rules_are_understood(data: Data) -> None:
    """Placement, spread, spokes, stall, moves and staging of one phase are all understood."""
    assert all(shape.exact for shape in shapes_of(data))


@pytest.mark.parametrize("focus", FOCUSES)
def test_groups_of_one_phase_are_understood(focus: str | None) -> None:
    """Whatever rules they combine, groups of one job with one phase leave no row out."""
    seen = 0
    for data in tiny_data(focus, range(8100, 8115)):
        groups = groups_of(data)
        for at in range(len(groups)):
            part = groups.write(at)
            if len(part.jobs) == 1 and len(part.jobs[0].data.phases) == 1:
                seen += 1
                assert read_shape(part).exact
    assert seen


@pytest.mark.parametrize("data", [apart(), roaming()], ids=["flows", "phases"])
def test_flows_and_phases_are_left_out(data: Data) -> None:
    """What flows, or moves from phase to phase, tie together is more than pricing understands."""
    assert not all(shape.exact for shape in shapes_of(data))


class OddRule(Rule):
    """A rule of a form that no other rule has."""

    title = "odd"

    def __init__(self, write: Callable[[Writer, Block], None]) -> None:
        self._write = write

    def write_job(self, writer: Writer, job: JobColumns) -> None:
        for block in job.all_blocks():
            self._write(writer, block)


def row(
    writer: Writer, *terms: tuple[object, float], lower: float = -np.inf, upper: float = np.inf
) -> None:
    """Write a row of (columns, coefficient)."""
    own = writer.rows("odd", lower=lower, upper=upper)
    for columns, value in terms:
        writer.put(own, columns, value)  # type: ignore[arg-type]


def column(writer: Writer, usd: float, upper: float = 1) -> np.ndarray:
    """Declare a further column with a cost."""
    found = writer.columns("extra", upper=upper, integer=False)
    writer.charge("compute", found, usd)
    return found


def balance(writer: Writer, block: Block) -> None:
    row(writer, (block.shards[0], 1), (block.shards[1], -1), upper=1)


def bar_the_option(writer: Writer, block: Block) -> None:
    if block.option == 0:
        row(writer, (block.on, 1), lower=0, upper=0)


def force_the_option(writer: Writer, block: Block) -> None:
    if block.option == 1:
        row(writer, (block.on, 1), lower=1, upper=1)


def hold_to_another_option(writer: Writer, block: Block) -> None:
    row(writer, (block.used, 1), (block.job.on[0], -1), upper=0)


def use_only_with_the_first(writer: Writer, block: Block) -> None:
    row(writer, (block.used[1], 1), (block.shards[0], -1), upper=0)


def spread_below_one(writer: Writer, block: Block) -> None:
    row(writer, (block.used, 1), (block.on, 1), upper=0)


def end_elsewhere(writer: Writer, block: Block) -> None:
    row(writer, (block.spoke[0, 1], 1), (block.hub[0], -1), upper=0)


def pay_once_for_all_stalls(writer: Writer, block: Block) -> None:
    extra = column(writer, 70)
    for a, hub in ((0, 1), (1, 0)):
        row(writer, (extra, 1), (block.spoke[a, hub], -0.5), lower=0)


def pay_once_for_the_most_moved(writer: Writer, block: Block) -> None:
    extra = column(writer, 70, upper=4)
    for shards in block.shards:
        row(writer, (extra, 1), (shards, -1), (block.on, 1), lower=0)


def pay_once_in_two_ways(writer: Writer, block: Block) -> None:
    extra = column(writer, 70, upper=4)
    row(writer, (extra, 1), (block.shards[1], -1), (block.on, 1), lower=0)
    row(writer, (block.used[0], 1), (extra, -1), upper=0)


def reach_by_one_spoke_alone(writer: Writer, block: Block) -> None:
    row(writer, (block.spoke[0, 1], 2), (block.hub[1], -2), lower=0)


ODD = (
    balance,
    bar_the_option,
    force_the_option,
    hold_to_another_option,
    use_only_with_the_first,
    spread_below_one,
    end_elsewhere,
    pay_once_for_all_stalls,
    pay_once_for_the_most_moved,
    pay_once_in_two_ways,
    reach_by_one_spoke_alone,
)


@pytest.mark.parametrize("write", ODD, ids=lambda write: write.__name__)
def test_odd_rows_are_soundly_left_out(
    monkeypatch: pytest.MonkeyPatch, write: Callable[[Writer, Block], None]
) -> None:
    """With rows of odd forms, pricing is never above the MILP, and its columns keep all rows."""
    data = two_sites(job(sync=SYNC, unserved_usd=500), network={"same_provider": None})
    data["network"] = {"cross_provider": {"gbps": 100}}
    data["jobs"][0]["options"].append({"gpu_type": "H100", "shards": 3, "gpus_per_shard": 20})
    monkeypatch.setattr(ruled, "rules_of", lambda own: (*rules_of(own), OddRule(write)))
    pricer, random = pricer_of(data), np.random.default_rng(3)
    for _ in range(10):
        draw_costs(pricer, random, least=0.0)
        least, wanted = float(price(pricer)[0]), least_of(pricer, 0)
        assert least <= wanted or is_same(least, wanted)
        assert is_same(least, wanted) or not pricer.is_exact(0)
        for found in pricer.columns([0], np.zeros(pricer.coupling.rows)):
            assert keeps_rows(pricer, found)
            assert found.cost >= wanted or is_same(found.cost, wanted)


def test_an_odd_row_makes_a_group_inexact(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of a form that none has read is known not to be understood."""
    monkeypatch.setattr(ruled, "rules_of", lambda own: (*rules_of(own), OddRule(balance)))
    shapes = shapes_of(two_sites(job("one"), job("two")))
    assert [shape.exact for shape in shapes] == [False, False]
    assert [int((~shape.known).sum()) for shape in shapes] == [1, 1]


@pytest.mark.parametrize(
    ("title", "data"),
    [("placement", two_sites()), ("spokes", linked()), ("placement", apart())],
)
def test_a_core_that_is_not_there(monkeypatch: pytest.MonkeyPatch, title: str, data: Data) -> None:
    """Without the rows of placement or spokes there is no pricing, but an error that says so."""
    monkeypatch.setattr(
        ruled, "rules_of", lambda own: [r for r in rules_of(own) if r.title != title]
    )
    with pytest.raises(InternalError, match="pricing finds 0 rows of the form"):
        shapes_of(data)


def test_columns_below_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that may fall below zero would spoil the bound: it is refused."""

    def fall(writer: Writer, block: Block) -> None:
        writer.columns("extra", lower=-1)

    monkeypatch.setattr(ruled, "rules_of", lambda own: (*rules_of(own), OddRule(fall)))
    with pytest.raises(InternalError, match="below zero"):
        shapes_of(two_sites())
