"""The JSON Schema of an instance as Markdown: a section for each kind of object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import gpualloc

Part = Mapping[str, Any]

PER_PERIOD = "or a list with one such figure a period"


def write_json_tables() -> Iterator[str]:
    """Lines of Markdown: the instance, then what lies in it, in the order of the file."""
    whole = gpualloc.schema()
    objects = dict(_objects(whole, whole, ""))
    yield from _section("The instance", whole, {})
    kinds = [objects.pop(path) for path in list(objects) if path.startswith("contracts[]: ")]
    common = _common(kinds)
    inner = [path for path in objects if path.startswith("contracts[].")]
    for path in (*(path for path in objects if path not in inner), *inner):
        yield from _section(f"`{path}`", objects[path], {})
    title = "`contracts[]`, every type"
    yield from _section(title, {**kinds[0], "description": "A contract.", **common}, {})
    for part in kinds:
        kind = part["properties"]["type"]["const"]
        yield from _section(f"`contracts[]`, `{kind}`", part, common["properties"])


def _objects(part: Part, whole: Part, path: str) -> Iterator[tuple[str, Part]]:
    """Each object below a part, by where it lies."""
    for key, value in part["properties"].items():
        for inner, place in _references(value, f"{path}{key}"):
            found = whole["$defs"][inner.rsplit("/", 1)[-1]]
            is_contract = place == "contracts[]"
            place = f"{place}: {found['properties']['type']['const']}" if is_contract else place
            yield place, found
            yield from _objects(found, whole, f"{place.partition(':')[0]}.")


def _references(value: Part, place: str) -> Iterator[tuple[str, str]]:
    if "$ref" in value:
        yield value["$ref"], place
    for choice in (*value.get("anyOf", ()), *value.get("oneOf", ())):
        yield from _references(choice, place)
    if isinstance(value.get("items"), Mapping):
        yield from _references(value["items"], f"{place}[]")


def _common(kinds: list[Part]) -> dict[str, Any]:
    """The columns that all contract types have."""
    names = [
        name
        for name in kinds[0]["properties"]
        if name == "type"
        or all(kind["properties"].get(name) == kinds[0]["properties"][name] for kind in kinds)
    ]
    columns = {name: kinds[0]["properties"][name] for name in names}
    types = [kind["properties"]["type"]["const"] for kind in kinds]
    columns["type"] = {"enum": types, "description": "The contract type."}
    required = [name for name in kinds[0]["required"] if name in names]
    return {"properties": columns, "required": required}


def _section(title: str, part: Part, without: Part) -> Iterator[str]:
    yield from (f"## {title}", "", part["description"], "")
    yield from ("| key | value | if left out | meaning |", "|---|---|---|---|")
    for key, value in part["properties"].items():
        if key not in without:
            blank = "needed" if key in part.get("required", ()) else _code(value["default"])
            cells = (f"`{key}`", words(value), blank, value.get("description", ""))
            yield f"| {' | '.join(cells)} |"
    yield ""


def words(value: Part) -> str:
    """What a value of the schema may be, in words.

    Raises
    ------
    ValueError
        The schema says it in a way that is not known here.
    """
    choices = (*value.get("anyOf", ()), *value.get("oneOf", ()))
    if choices:
        return _choice_words(choices)
    if "const" in value or "enum" in value:
        return ", ".join(_code(known) for known in value.get("enum", [value.get("const")]))
    if "$ref" in value:
        return "an object, below"
    known = {"null": "null", "string": _string_words, "array": _list_words, "object": _map_words}
    found = known.get(value["type"], _number_words)
    return found if isinstance(found, str) else found(value)


def _choice_words(choices: tuple[Part, ...]) -> str:
    if all("$ref" in choice for choice in choices):
        return "an object of one of the types below"
    first, second = choices
    if second.get("type") == "array" and second["items"] == first:
        return f"{words(first)}, {PER_PERIOD}"
    return f"{words(first)}; or {words(second)}"


def _string_words(value: Part) -> str:
    return "a name" if "maxLength" in value else "a text"


def _list_words(value: Part) -> str:
    items, least = value["items"], value.get("minItems", 0)
    inner = "names" if items.get("type") == "string" else "objects, below"
    if items.get("type") not in ("string", None):
        raise ValueError(f"a list of {items} is not told")
    return f"a list of {inner}, not empty" if least else f"a list of {inner}"


def _map_words(value: Part) -> str:
    (figure,) = value["patternProperties"].values()
    return f"an object with a key by name, each {words(figure)}"


def _number_words(value: Part) -> str:
    noun = {"integer": "a whole number", "number": "a number"}[value["type"]]
    least = value.get("minimum", value.get("exclusiveMinimum"))
    bound = "above" if "exclusiveMinimum" in value else "from"
    to = "up to" if bound == "above" else "to"
    joint = "and " if bound == "above" else ""
    most = f"{value['maximum']:g}".replace("e+", "e")
    return f"{noun} {bound} {least:g} {joint}{to} {most}"


def _code(value: object) -> str:
    return f"`{json.dumps(value)}`"


if __name__ == "__main__":
    print("\n".join(write_json_tables()))
