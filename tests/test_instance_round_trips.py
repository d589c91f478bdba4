"""Instances survive every way of writing them down, and no input crashes their reading."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from instance_cases import two_sites
from tiny import tiny_instances

from gpualloc.errors import Fault, InputError, InstanceError
from gpualloc.instance import Instance, canonical_sha256
from gpualloc.instance.json_text import parse_json, readable_json

RELAXED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["Q1", "H100", "Azure", "atlanta", "chat", "refusal", "training"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "a", "gpus", "options"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def made_of(data: dict[str, Any]) -> Instance:
    """The instance of random data; data with faults is drawn again."""
    try:
        return Instance.from_dict(data)
    except InstanceError:
        reject()


@RELAXED
@given(data=tiny_instances())
def test_text_gives_the_instance_back(data: dict[str, Any]) -> None:
    """An instance written as JSON text and parsed again is the same, and so is its hash."""
    instance = made_of(data)
    value, faults = parse_json(readable_json(instance.to_dict()))
    assert faults == []
    again = Instance.from_dict(value)
    assert again == instance
    assert canonical_sha256(again) == canonical_sha256(instance)


@RELAXED
@given(data=tiny_instances())
def test_frames_give_the_instance_back(data: dict[str, Any]) -> None:
    """An instance laid out as data frames and put together again is the same."""
    instance = made_of(data)
    assert canonical_sha256(Instance.from_frames(instance.to_frames())) == canonical_sha256(
        instance
    )


@RELAXED
@given(data=tiny_instances())
def test_written_json_is_that_of_the_json_module(data: dict[str, Any]) -> None:
    """The readable layout changes spaces only."""
    document = made_of(data).to_dict()
    assert json.loads(readable_json(document)) == document


def places_in(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in nested data."""
    steps = (
        value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    )
    return [place] + [found for step in steps for found in places_in(value[step], (*place, step))]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_change_is_taken_or_told(data: st.DataObject) -> None:
    """Whatever stands anywhere in an instance is valid or told as a fault; nothing crashes."""
    instance = two_sites()
    *steps, last = data.draw(st.sampled_from(places_in(instance)[1:]))
    target: Any = instance
    for step in steps:
        target = target[step]
    target[last] = data.draw(JSON_VALUES)
    assert all(fault.message.isprintable() for fault in faults_found(instance))


def faults_found(data: Any) -> Sequence[Fault]:
    """The faults of an instance, none if it is valid."""
    try:
        Instance.from_dict(data)
    except InstanceError as error:
        return error.faults
    return ()


@RELAXED
@given(content=st.binary(max_size=30) | st.text(alphabet='{}[]:,"\\ NaN0e1-x', max_size=30))
@pytest.mark.parametrize("name", ["any.json", "any.json.gz"])
def test_any_file_is_taken_or_told(tmp_path: Path, name: str, content: bytes | str) -> None:
    """Whatever a file holds, reading it ends in an instance or in an error that names it."""
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError, match=name):
        Instance.read(file)
