"""The data of a planning problem: records, validation, files, tables, building."""

from __future__ import annotations

from gpualloc.instance.builder import InstanceBuilder
from gpualloc.instance.contracts import CONTRACT_TYPES, Contract
from gpualloc.instance.files import canonical_sha256
from gpualloc.instance.instance import Instance, read
from gpualloc.instance.json_schema import schema

__all__ = [
    "CONTRACT_TYPES",
    "Contract",
    "Instance",
    "InstanceBuilder",
    "canonical_sha256",
    "read",
    "schema",
]
