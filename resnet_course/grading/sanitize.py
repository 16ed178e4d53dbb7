"""Make a learner's HTML harmless before somebody reads it as feedback.

nbgrader's feedback template passes Markdown through as it is, whatever ``HTMLExporter.sanitize_html`` says, and
nbconvert's own filter knows so few tags that it prints ``<p>`` as text. These two filters replace both.
"""

from __future__ import annotations

import bleach
from bleach.css_sanitizer import CSSSanitizer
from nbconvert.filters.markdown import markdown2html as render_markdown

TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "span"),
    *("strong", "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {
    "*": ["class", "id", "lang", "style", "title"],
    "a": ["href"],
    "img": ["src", "alt", "width", "height"],
    "th": ["align", "colspan"],
    "td": ["align", "colspan"],
}
PROTOCOLS = {"https", "http", "mailto", "data"}
# Looks only; nothing that positions, so that no learner can draw over the page.
STYLES = CSSSanitizer(
    allowed_css_properties=[
        *(
            "background-color",
            "border",
            "border-left",
            "border-radius",
            "color",
            "font-family",
            "font-style",
            "font-weight",
            "margin",
            "max-width",
            "padding",
        ),
        *("text-align", "vertical-align", "white-space"),
    ]
)


def clean_html(html: object) -> str:
    """Return HTML with its looks but without anything that runs.

    Examples
    --------
    >>> clean_html("<p>fine</p><script>alert(1)</script>")
    '<p>fine</p>alert(1)'
    """
    text = html.decode() if isinstance(html, bytes) else str(html)
    cleaned: str = bleach.clean(
        text, tags=TAGS, attributes=_is_allowed, protocols=PROTOCOLS, css_sanitizer=STYLES, strip=True
    )
    return cleaned


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name in ("href", "src") and value.strip().lower().startswith("data:"):
        # Only pictures may come along as data: a data: page could hold a script.
        return tag == "img" and value.strip().lower().startswith(
            ("data:image/png", "data:image/jpeg", "data:image/gif")
        )
    return name in ATTRIBUTES["*"] or name in ATTRIBUTES.get(tag, [])


def markdown2html(source: str) -> str:
    """Return Markdown as harmless HTML."""
    return clean_html(render_markdown(source))
