"""The JSON Schema of an instance file."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from gpualloc.instance.contracts import contract_types
from gpualloc.instance.instance import Instance

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TITLE = "gpualloc instance"


class _Untitled(GenerateJsonSchema):
    """Leaves out titles, which would repeat the columns' names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema() -> dict[str, Any]:
    """The JSON Schema of an instance file, with every contract type that is registered.

    It holds the columns, their kinds, bounds and meanings. What ties rows together (references,
    unique names, one figure a period) is beyond JSON Schema; `Instance` checks it.
    """
    types = contract_types()
    models = [(record, "validation") for record in (Instance, *types.values())]
    names, shared = models_json_schema(models, schema_generator=_Untitled)  # type: ignore[arg-type]
    definitions = shared["$defs"]
    for kind, record in types.items():
        contract = _definition(definitions, names[record, "validation"])
        contract["properties"]["type"] = {"const": kind, "description": "The contract type."}
    whole = _definition(definitions, names[Instance, "validation"])
    contracts = [names[record, "validation"] for record in types.values()]
    whole["properties"]["contracts"]["items"] = {"oneOf": contracts}
    unused = {_key(names[Instance, "validation"]), "Contract"}
    parts = {key: part for key, part in definitions.items() if key not in unused}
    for part in definitions.values():
        part["description"] = part["description"].split("\n\n")[0]
    whole |= {"title": TITLE, "description": "A planning problem of gpualloc."}
    return {"$schema": DIALECT, **whole, "$defs": parts}


def _definition(definitions: dict[str, Any], reference: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = definitions[_key(reference)]
    return found


def _key(reference: dict[str, Any]) -> str:
    return str(reference["$ref"]).rsplit("/", 1)[-1]
