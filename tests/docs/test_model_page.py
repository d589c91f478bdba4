"""The page of the model shows every rule, with the functions that state it."""

from __future__ import annotations

import re
from pkgutil import walk_packages

import pytest

import gpualloc.rules
from gpualloc.instance.contracts import contract_types
from gpualloc.rules import COST_LINES, PLAN_RULES
from tests.docs.pages import page_text, resolve

PAGE = page_text("model.md")
SHOWN = re.findall(r"^\.\. auto(\w+):: ([\w.]+)$", PAGE, re.MULTILINE)
MODULES = [
    found.name
    for found in walk_packages(gpualloc.rules.__path__, "gpualloc.rules.")
    if not found.ispkg
]
PLAN_KINDS = [type(rule) for rule in PLAN_RULES]
RULES: list[type] = [*PLAN_KINDS, *contract_types().values()]


@pytest.mark.parametrize("path", [path for _, path in SHOWN])
def test_what_is_shown_exists_and_is_explained(path: str) -> None:
    """Each class, function and module that the page shows exists and says what it is."""
    assert resolve(path).__doc__


def test_rules_are_whole_and_in_order() -> None:
    """Each rule of plans and each contract type is shown; rules in the order of the program."""
    shown = [resolve(path) for kind, path in SHOWN if kind == "class"]
    assert [found for found in shown if found in PLAN_KINDS] == PLAN_KINDS
    assert [rule for rule in RULES if rule not in shown] == []


def test_each_rule_has_a_formula_and_states_it_twice() -> None:
    """A shown rule has a formula, rows or costs for the engines, and a reading for the checker."""
    writes = {"write_shared", "write_job", "write_flow"}
    reads = {"read", "charge", "read_binding", "charge_binding"}
    for rule in RULES:
        assert ".. math::" in (rule.__doc__ or "")
        assert writes & vars(rule).keys(), rule
        assert reads & vars(rule).keys(), rule


def test_every_module_of_the_rules_is_documented() -> None:
    """Each module of the rules is shown on the page of the model, or on that of its parts."""
    named = PAGE + page_text("rules.md")
    assert len(MODULES) > 30
    assert [name for name in MODULES if not re.search(rf"\b{re.escape(name)}\b", named)] == []


def test_every_cost_line_is_told() -> None:
    """Each cost line has a heading."""
    headings = "\n".join(re.findall(r"^### (.*)$", PAGE, re.MULTILINE))
    assert [line for line in COST_LINES if f"`{line}`" not in headings] == []
