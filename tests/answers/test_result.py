"""The base of all answers: intervals of money, tables, texts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import pytest

from gpualloc.answers.result import Answer, Interval, how_sure
from gpualloc.instance import Instance
from gpualloc.plan.sections import Digest
from gpualloc.solving import solve
from tests.tiny import tiny_instance


class PricedRow(NamedTuple):
    """A row with a name and an amount."""

    name: str
    price: Interval


@dataclass(frozen=True)
class Priced(Answer):
    """An answer of nothing but its rows."""

    row: ClassVar[type[NamedTuple]] = PricedRow
    prices: tuple[PricedRow, ...]

    @property
    def rows(self) -> tuple[PricedRow, ...]:
        return self.prices

    @property
    def sure(self) -> str:
        return "exact"

    def digest(self) -> Digest:
        return Digest("prices", ("<b>",), ())


PRICES = Priced((PricedRow("caf\u00e9", Interval(1.0, 3.0, 2.0)),))


def test_differences_cover_all_that_the_bounds_allow() -> None:
    """A difference runs from the least less the most to the most less the least."""
    cost, without = Interval(90.0, 100.0, 100.0), Interval(60.0, 65.0, 65.0)
    assert cost - without == Interval(90 - 65, 100 - 60, 100 - 65)
    assert (cost + without).low == 150
    assert cost.scaled(-2) == Interval(-200, -180, -200)


def test_a_missing_end_stays_missing() -> None:
    """What is not proven of a part is not claimed of a difference."""
    unbounded = Interval(None, 100.0, 100.0)
    assert Interval.exactly(10) - unbounded == Interval(-90.0, None, -90.0)
    assert unbounded.text == "at most 100.00 USD"
    assert Interval(None, None, None).text == "not known"


def test_an_amount_is_told_as_well_as_it_is_known() -> None:
    """A proven amount is one figure, any other is told by its ends."""
    assert Interval.exactly(12_500).text == "12,500 USD"
    assert Interval(10_000, 12_500, 12_500).text == "between 10,000 and 12,500 USD"
    assert Interval(1e9, 1e9 + 900, 1e9 + 900).is_exact  # 900 of 1e9 is less than 1e-6
    assert not Interval(-450, 450, 0.0).is_exact


@pytest.mark.parametrize(("usd", "inside"), [(0.9, False), (1.0, True), (3.0, True), (3.1, False)])
def test_an_interval_holds_what_lies_between_its_ends(usd: float, inside: bool) -> None:
    """Both ends belong to an interval."""
    assert (usd in Interval(1.0, 3.0, None)) is inside


def test_an_answer_is_a_table_a_text_and_a_view() -> None:
    """An interval becomes three columns, also in JSON, and names are escaped in the view."""
    frame = PRICES.to_frame()
    assert list(frame.columns) == ["name", "price_usd", "price_low_usd", "price_high_usd"]
    assert frame.iloc[0].tolist() == ["caf\u00e9", 2.0, 1.0, 3.0]
    document = json.loads(PRICES.to_json(ascii_only=True))
    assert document["sure"] == "exact"
    assert document["rows"][0]["price_high_usd"] == 3.0
    assert str(PRICES).splitlines() == ["prices", "  <b>"]
    assert "&lt;b&gt;" in PRICES._repr_html_()


def test_a_table_without_rows_has_its_columns() -> None:
    """An answer that found nothing still has a table with all columns."""
    assert "price_low_usd" in Priced(()).to_frame()
    assert len(Priced(()).to_frame()) == 0


def test_how_sure_follows_from_the_gaps() -> None:
    """Proven plans are exact; a plan with a gap is told with it."""
    instance = Instance.from_dict(tiny_instance(3, "unserved"))
    plan = solve(instance, isolate=False)
    assert how_sure([plan]).startswith("exact")
    assert plan.objective_usd is not None
    rough = type(plan)(
        **{**vars(plan), "status": "feasible", "bound_usd": 0.9 * plan.objective_usd}
    )
    assert "10.00 %" in how_sure([plan, rough])
