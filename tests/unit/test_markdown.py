"""The Markdown pages of the repository: what they link to is there, down to the heading."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from kernel import ROOT
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from programs import GIT, demand

from resnet_course.release import BRANCH, repository

KNOWN = subprocess.run(
    [GIT.find() or "git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    cwd=ROOT, capture_output=True, text=True, check=False,
).stdout.split()  # fmt: skip
# The pages of the site lead to others of the site: tests/site tries these links.
PAGES = sorted(name for name in KNOWN if (ROOT / name).is_file() and not name.startswith("site/"))
SOURCE = re.compile(r'<img[^>]* src="([^"]+)"')


@cache
def tokens(page: Path) -> list[Token]:
    """Return what a page consists of; its headings bear the ids that GitHub gives them."""
    read = MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=6)
    return list(_flat(read.parse(page.read_text(encoding="utf-8"))))


def _flat(nested: list[Token]) -> Iterator[Token]:
    for token in nested:
        yield token
        yield from _flat(token.children or [])


def links(page: Path) -> list[str]:
    """Return where a page links to, and where its images are."""
    found = [str(token.attrs.get("href") or token.attrs.get("src") or "") for token in tokens(page)]
    shown = [each for token in tokens(page) if token.type.startswith("html_") for each in SOURCE.findall(token.content)]
    return [*filter(None, found), *shown]


def anchors(page: Path) -> set[str]:
    return {str(token.attrs["id"]) for token in tokens(page) if token.type == "heading_open"}


def is_there(link: str, page: Path) -> bool:
    """Tell whether a link to this repository, relative or at its public address, leads to something."""
    own = f"{repository()}/"
    address = urlsplit(link)
    if link.startswith(own):
        kind, _, rest = address.path.removeprefix(urlsplit(own).path).partition("/")
        if kind == "blob":
            return (ROOT / rest.removeprefix(f"{BRANCH}/")).is_file()
        if kind == "actions":
            name = rest.removeprefix("workflows/").removesuffix("/badge.svg")
            return (ROOT / ".github" / "workflows" / name).is_file()
        if (kind, rest) == ("issues", "new"):
            return (ROOT / ".github" / "ISSUE_TEMPLATE" / parse_qs(address.query)["template"][0]).is_file()
        return (kind, rest) in {("issues", "new/choose"), ("security", "advisories/new")}
    if address.scheme:
        return True
    target = (page.parent / unquote(address.path)).resolve() if address.path else page
    return target.exists() and (not address.fragment or unquote(address.fragment) in anchors(target))


def test_the_pages_are_those_that_belong_to_the_repository() -> None:
    demand(GIT)

    assert {"README.md", "instructor/LMS.md", "resnet_course/grading/THREATS.md"} <= set(PAGES)
    assert [page for page in PAGES if "node_modules" in page] == []


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_links_to_is_there(page: str) -> None:
    assert [link for link in links(ROOT / page) if not is_there(link, ROOT / page)] == []


@pytest.mark.parametrize(
    "link",
    [
        "nothing.md",
        "README.md#no-such-heading",
        "#no-such-heading",
        f"{repository()}/blob/main/nothing.md",
        f"{repository()}/issues/new?template=nothing.yml",
        f"{repository()}/actions/workflows/nothing.yml/badge.svg",
    ],
)
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    assert not is_there(link, ROOT / "README.md")


def test_links_and_images_are_seen_in_texts_tables_and_html(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('# Já, é `x`!\n\n[a](b) ![c](d)\n\n| e |\n|---|\n| <img alt="" src="f"> [g](h) |\n\n`[i](j)`\n')

    assert sorted(links(page)) == ["b", "d", "f", "h"]
    assert anchors(page) == {"já-é-x"}


def test_the_public_address_is_the_same_everywhere() -> None:
    forms = (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")
    files = [*(ROOT / page for page in PAGES), *forms, ROOT / "CITATION.cff"]
    found = {
        each
        for file in files
        for each in re.findall(r"https://github\.com/[\w-]+/resnet-course\b", file.read_text("utf-8"))
    }

    assert found == {repository()}
