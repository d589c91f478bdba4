"""How an instance shows itself, and exact figures."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from instance_cases import put, two_sites

from gpualloc.instance import Instance
from gpualloc.units import exact


def test_an_instance_in_one_line() -> None:
    """The line has the name, the sizes of the tables and the GPUs for sale at their peak."""
    # 60,000 at Atlanta in both periods and at most 90,000 at Abilene.
    assert repr(Instance.from_dict(two_sites())) == (
        'Instance("two sites", 2 periods, 2 providers, 2 data centers, 2 offers, 3 jobs, 1 flow, '
        "2 contracts, 150,000 GPUs for sale)"
    )


def test_an_instance_in_a_notebook_is_escaped() -> None:
    """Names and descriptions cannot bring markup into the page, nor break the line."""
    data = put(put(two_sites(), "name", "<script>"), "description", "<b>&" + "x" * 1000)
    shown = Instance.from_dict(data)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "&lt;b&gt;&amp;" in shown
    assert len(shown) < 2000
    assert "<td>150,000</td>" in shown
    hostile = Instance.from_dict(put(two_sites(), "name", "a\u202eb"))
    assert "\u202e" not in repr(hostile) + hostile._repr_html_()


@pytest.mark.parametrize(
    ("figure", "fraction"),
    [
        (0.1, Fraction(1, 10)),
        (1.275, Fraction(51, 40)),
        (3, Fraction(3)),
        (1e-7, Fraction(1, 10**7)),
        (1e12, Fraction(10**12)),
        (np.float64(0.1), Fraction(1, 10)),
    ],
)
def test_exact_is_the_decimal_as_written(figure: float, fraction: Fraction) -> None:
    """A figure counts as the decimal that a file holds, not as the nearest binary fraction."""
    assert exact(figure) == fraction


def test_sums_of_exact_figures_are_those_on_paper() -> None:
    """Three times 0.1 is 0.3 exactly, which floats miss."""
    assert exact(0.1) * 3 == exact(0.3)
    assert 0.1 * 3 != 0.3
