"""Realistic random instances of any size, each with at least one valid plan."""

from __future__ import annotations

from gpualloc.generator.generator import generate, generate_with_plan

__all__ = ["generate", "generate_with_plan"]
