"""MathML: formulas that a browser draws itself, so that a page asks nobody for a script or a font."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import latex2mathml

_SIZES = re.compile(r"\\(?:[bB]igg?[lrm]?)(?![a-zA-Z])")  # brackets grow by themselves in MathML


def mathml(formula: str, block: bool) -> str:
    """Turn a formula of TeX into MathML.

    >>> mathml("a < b", block=False)
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>a</mi><mo>&lt;</mo><mi>b</mi></math>'
    """
    tree = latex2mathml.tex2mathml(_SIZES.sub("", formula), as_block=block)
    return re.sub(r">\s+<", "><", tree)


def _visit(self: Any, node: nodes.math | nodes.math_block) -> None:
    block = isinstance(node, nodes.math_block)
    text = mathml(node.astext(), block)
    self.body.append(f'<div class="math">{text}</div>\n' if block else f'<span class="math">{text}</span>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the renderer."""
    app.add_html_math_renderer("mathml", inline_renderers=(_visit, None), block_renderers=(_visit, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
