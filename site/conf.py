"""What Sphinx is told; it builds the site of the language that COURSE_LANGUAGE names. `make site` calls it."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from resnet_course.language import course_language, message
from resnet_course.release import course_version, public_address, repository

project = message("site.title")
author = "resnet-course"
version = release = course_version()
language = message("site.locale")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.linkcode", "numpydoc", "course_site"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}
exclude_patterns = ["notebooks", "extra"]  # files for the reader, no pages
needs_sphinx = "9.0"
smartquotes = False  # texts stand as they were written

# Notebooks and Markdown
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_dmath_double_inline = True
html_math_renderer = "mathml"

highlight_language = "none"  # of a block of code that does not say: commands for a terminal, mostly

# The API
default_role = "code"  # `x` in docstrings
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpydoc's sections say what each parameter is
numpydoc_show_class_members = False
add_module_names = False

# Pages
html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["static"]
html_css_files = ["course.css"]
html_js_files = [("course.js", {"defer": "defer"})]
templates_path = ["templates"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_domain_indices = False
html_search_language = course_language()
html_sidebars = {"index": []}
html_theme_options: dict[str, Any] = {
    "navbar_center": ["navbar-nav"],
    "navbar_end": ["theme-switcher", "navbar-icon-links"],
    "navbar_persistent": ["search-button", "language-switch"],
    "icon_links": [{"name": "GitHub", "url": repository(), "icon": "fa-brands fa-github"}],
    "icon_links_label": message("site.elsewhere"),
    "search_bar_text": message("site.search"),
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["licence"],
    "footer_end": [],
    "show_toc_level": 2,
    "collapse_navigation": True,
    "navigation_with_keys": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """Return where the code of a documented name stands in the repository, with its lines."""
    if domain != "py" or not info["module"]:
        return None
    module = importlib.import_module(info["module"])
    found: Any = module
    for part in info["fullname"].split("."):
        found = getattr(found, part, None)
    try:
        lines, first = inspect.getsourcelines(inspect.unwrap(getattr(found, "fget", found)))
    except (TypeError, OSError):
        return None
    file = (module.__file__ or "").partition("resnet_course/")[2]
    return public_address(f"resnet_course/{file}#L{first}-L{first + len(lines) - 1}")
