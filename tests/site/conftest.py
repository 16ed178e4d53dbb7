"""The reading edition, built once from nothing, and a Chromium that opens it from its folder, without a server."""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING

import pytest
from kernel import ROOT
from site_pages import Parsed, Site

if TYPE_CHECKING:
    pass

if sys.version_info < (3, 11):
    collect_ignore_glob = ["test_*.py"]  # Sphinx and its theme need Python 3.11; the workflow `site` has it


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
