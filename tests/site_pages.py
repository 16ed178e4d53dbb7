"""What tests read in the pages of the reading edition."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path


class Parsed(HTMLParser):
    """What tests ask of a page: its elements, in order, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def ids(self) -> set[str]:
        """Return the anchors of the page."""
        return {attributes["id"] for _, attributes in self.elements if "id" in attributes}

    def sections(self) -> list[str]:
        """Return the anchors of its headings, in order."""
        return [attributes["id"] for tag, attributes in self.elements if tag == "section" and "id" in attributes]

    def values(self, tag: str, name: str) -> list[str]:
        """Return the values of an attribute of all elements of one kind."""
        return [attributes[name] for kind, attributes in self.elements if kind == tag and name in attributes]


@dataclass(frozen=True)
class Site:
    """The folder of the site, its pages by their paths in it, and how many seconds of a processor it cost."""

    folder: Path
    pages: dict[str, Parsed]
    seconds: float

    def text(self, page: str) -> str:
        """Return the HTML of a page."""
        return (self.folder / page).read_text(encoding="utf-8")
