"""nbgrader for this course: `nbgrader generate_assignment|autograde|generate_feedback|export` need no other options.

COURSE_LANGUAGE=pt (or en) chooses the language in which assignments are released. Submissions are graded in either
language, whichever was released: the graded cells are the same in both.
"""

import os
import sys
from pathlib import Path

from resnet_course.grading.autograde import install, release_language
from resnet_course.language import message, speaking

c = get_config()  # noqa: F821 - traitlets provides it

language = release_language()

# nbgrader calls alembic by name when it makes a gradebook: find it also where the environment is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

c.CourseDirectory.course_id = "resnet-course"
c.CourseDirectory.source_directory = f"solutions/{language}"
c.CourseDirectory.release_directory = f"notebooks/{language}"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__"]

# nbgrader's own list, but with a ClearSolutions that can leave a bug to repair where the solution was.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "resnet_course.authoring.preprocessors.ClearSolutions",
    "resnet_course.authoring.preprocessors.GradedClass",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]
with speaking(language):
    c.ClearSolutions.code_stub = {"python": f"# {message('common.author.stub')}\nraise NotImplementedError()"}

# After three different wrong answers a card says where the solved cell is. In a graded class: True, then release.
c.GradedClass.hide_solutions = False

# The repository keeps what learners open; generating it again gives the same and registers it in the gradebook.
c.GenerateAssignment.force = True

# `nbgrader autograde` and formgrader: learners' code runs in a sandbox, and what it says of itself counts for nothing.
install()
c.Execute.timeout = 120  # seconds a cell, for `nbgrader validate`

# In the exchange learners write: nothing there stops the class or counts as somebody else's. They fetch one folder.
c.ExchangeFactory.release_assignment = "resnet_course.grading.exchange.ReleaseAssignment"
c.ExchangeFactory.collect = "resnet_course.grading.exchange.Collect"
c.ExchangeFactory.release_feedback = "resnet_course.grading.exchange.ReleaseFeedback"

# Grades as CSV that a spreadsheet opens safely; other formats: resnet_course.grading.export.
c.ExportApp.plugin_class = "resnet_course.grading.export.CsvExport"

# `nbgrader zip_collect` and `resnet-course collect`: downloads from Moodle and Canvas, unpacked with suspicion.
c.ZipCollectApp.extractor_plugin = "resnet_course.grading.collect.SafeExtractor"
c.ZipCollectApp.collector_plugin = "resnet_course.grading.collect.PlatformCollector"

# Pages are made anew each time: of a page that is there, nbgrader does not ask whether points by hand came later.
c.GenerateFeedback.force = True

# Feedback shows what learners wrote: without this their HTML and JavaScript would run in the reader's browser.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {
    "clean_html": "resnet_course.grading.sanitize.clean_html",
    "markdown2html": "resnet_course.grading.sanitize.markdown2html",
}
