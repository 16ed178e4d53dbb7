"""formgrader's pages made safe: nbgrader puts learners' names into them as they are."""

from __future__ import annotations

import html
from functools import wraps
from typing import Any

from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from nbgrader.server_extensions.formgrader.handlers import SubmissionFilesHandler


class SubmissionPage(HTMLExporter):  # type: ignore[misc]  # nbconvert has no types
    """The page on which a submission is graded by hand, with names as text."""

    def from_filename(self, filename: str, resources: dict[str, Any] | None = None, **kw: Any) -> Any:
        """Return the page of an autograded notebook."""
        given = (resources or {}).items()
        escaped = {name: html.escape(value) if isinstance(value, str) else value for name, value in given}
        return super().from_filename(filename, resources=escaped, **kw)


def install() -> None:
    """Let the server's extension use pages that escape what they are given, and close in files that were handed in."""
    original = FormgradeExtension.init_tornado_settings
    if hasattr(original, "__wrapped__"):
        return

    @wraps(original)
    def init_tornado_settings(self: FormgradeExtension, webapp: Any) -> None:
        original(self, webapp)
        webapp.settings["nbgrader_jinja2_env"].autoescape = True
        webapp.settings["nbgrader_jinja2_env"].finalize = _tamed
        webapp.settings["nbgrader_exporter"] = SubmissionPage(config=self.config)

    FormgradeExtension.init_tornado_settings = init_tornado_settings
    SubmissionFilesHandler.set_extra_headers = _close_in


def _close_in(handler: Any, path: str) -> None:
    """Let a page among the files that a learner handed in run no scripts, which would act as the teacher."""
    handler.set_header("Content-Security-Policy", "sandbox; frame-ancestors 'self'")
    handler.set_header("X-Content-Type-Options", "nosniff")


def _tamed(value: object) -> Markup:
    """Return what a template is given so that it opens no tag and ends no string: it stands in HTML and in scripts.

    Ampersands and apostrophes stay as they are: in a script, O&#39;Brien would be nobody.
    """
    if hasattr(value, "__html__"):
        return Markup(value)
    return Markup(str(value).replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;"))
