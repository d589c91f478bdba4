"""The JSON Schema of an instance file."""

from __future__ import annotations

from typing import Any

import pytest
from instance_cases import put, two_sites

from gpualloc.instance import CONTRACT_TYPES, Instance, schema

CHECKABLE = [
    ("offers.0.gpus", -5),
    ("offers.0.gpus", "10"),
    ("offers.0.gpus", 10.5),
    ("jobs.0.options", []),
    ("jobs.0.name", ""),
    ("jobs.0.name", "a\nb"),
    ("jobs.0.optoins", 1),
    ("contracts.0.type", "refusal"),
    ("contracts.1.mode", "sometimes"),
    ("format", 2),
    ("periods", []),
    ("ofers", []),
]


def validator() -> Any:
    """A validator of the schema, where the package for it is installed."""
    jsonschema = pytest.importorskip("jsonschema", reason="needs the package jsonschema")
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def test_a_valid_instance_fits_the_schema() -> None:
    """An instance as given, and as written with every default left out, is accepted."""
    check = validator()
    check.validate(two_sites())
    check.validate(Instance.from_dict(two_sites()).to_dict())


@pytest.mark.parametrize(("path", "value"), CHECKABLE)
def test_a_fault_within_a_row_does_not_fit_the_schema(path: str, value: Any) -> None:
    """What can be seen in one row or table alone is refused by the schema too."""
    assert not validator().is_valid(put(two_sites(), path, value))


def test_every_contract_type_is_in_the_schema() -> None:
    """The contracts of a file are one of the registered types, told apart by `type`."""
    whole = schema()
    references = [each["$ref"] for each in whole["properties"]["contracts"]["items"]["oneOf"]]
    parts = [whole["$defs"][reference.rsplit("/", 1)[-1]] for reference in references]
    assert [part["properties"]["type"]["const"] for part in parts] == list(CONTRACT_TYPES)
    assert len(parts) >= 10


def test_every_column_is_described() -> None:
    """Each column of each table says what it means."""
    whole = schema()
    for name, part in {"Instance": whole, **whole["$defs"]}.items():
        for column, found in part["properties"].items():
            assert found.get("description"), f"{name}.{column} has no description"


def test_every_reference_in_the_schema_is_defined() -> None:
    """The schema refers to nothing that it lacks, and defines nothing in vain."""
    whole = schema()
    used = set()

    def visit(part: Any) -> None:
        for key, inner in part.items() if isinstance(part, dict) else ():
            if key == "$ref":
                used.add(inner.removeprefix("#/$defs/"))
            visit(inner)
        for inner in part if isinstance(part, list) else ():
            visit(inner)

    visit(whole)
    assert used == set(whole["$defs"])
