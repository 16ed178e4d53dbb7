"""The reading edition, built once from nothing, and a Chromium that opens it from its folder, without a server."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from kernel import ROOT
from programs import CHROMIUM, demand
from site_pages import Parsed, Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

if sys.version_info < (3, 11):
    collect_ignore_glob = ["test_*.py"]  # Sphinx and its theme need Python 3.11; the workflow `site` has it

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site, as `make site` builds it."""
    from resnet_course.authoring.site import build_site

    before = _seconds()
    folder = build_site(ROOT, tmp_path_factory.mktemp("site"))
    taken = _seconds() - before
    # Slides are looked at in tests/browser/test_slides.py.
    pages = [path for path in sorted(folder.rglob("*.html")) if path.name != "slides.html"]
    paths = {path.relative_to(folder).as_posix(): path for path in pages}
    return Site(folder, {name: Parsed(path.read_text(encoding="utf-8")) for name, path in paths.items()}, taken)


def _seconds() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all pages."""
    from playwright.sync_api import sync_playwright

    chromium = demand(CHROMIUM)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
