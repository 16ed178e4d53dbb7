"""The course's Markdown as XHTML that learning platforms and browsers show without help: formulas become MathML."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any

import latex2mathml.converter
import mistune

LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])+)\]\([^)\s]+\)")
NAMES = re.compile(r"\\mathrm\{([A-Za-z]{2,})\}")


@cache
def _markdown() -> mistune.Markdown:
    made = mistune.create_markdown(escape=True, plugins=["table", "math"])
    renderer: Any = made.renderer
    renderer.register("inline_math", lambda _, text: mathml(text))
    renderer.register("block_math", lambda _, text: f"<p>{mathml(text)}</p>\n")
    return made


def mathml(formula: str) -> str:
    """Return a TeX formula as MathML.

    Examples
    --------
    >>> mathml("x")
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>x</mi></mrow></math>'
    """
    words = NAMES.sub(r"\\text{\1}", html.unescape(formula.strip()))  # else each letter is read as a variable
    return latex2mathml.converter.convert(words)


def xhtml(markdown: str) -> str:
    """Return Markdown as XHTML, without its links: where a question is asked, they lead nowhere.

    Examples
    --------
    >>> xhtml("A [word](glossary.ipynb#word) and `code`.")
    '<p>A word and <code>code</code>.</p>'
    """
    rendered = _markdown()(LINK.sub(r"\1", markdown))
    return str(rendered).strip()


def inline(markdown: str) -> str:
    """Return one paragraph of Markdown as XHTML without the paragraph around it.

    Examples
    --------
    >>> inline("`x` < 1")
    '<code>x</code> &lt; 1'
    """
    return xhtml(markdown).removeprefix("<p>").removesuffix("</p>")
