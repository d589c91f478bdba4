"""Formulas as MathML, which browsers draw by themselves: no script, nothing to fetch."""

from __future__ import annotations

from typing import Any

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml


def visit_inline(writer: Any, node: Any) -> None:
    """Write a formula that stands in a sentence."""
    writer.body.append(tex2mathml(node.astext()))
    raise SkipNode


def visit_block(writer: Any, node: Any) -> None:
    """Write a formula that stands by itself, and can be scrolled where it is too wide."""
    writer.body.append(f'<div class="formula">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
