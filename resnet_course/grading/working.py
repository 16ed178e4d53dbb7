"""What workers do: grade one submission after the other, in forks of the template (see `kernels.Worker`)."""

from __future__ import annotations

import logging
from functools import cache

from resnet_course.grading import GradingError
from resnet_course.grading.findings import printable
from resnet_course.grading.grade import grade, ungradable
from resnet_course.grading.graded import Graded, Settings, Task
from resnet_course.grading.kernels import Template

WORKER_ENDED = "the process that graded it ended"


@cache
def _template(address: str) -> Template:
    return Template(address)


def grade_task(address: str, task: Task, settings: Settings) -> Graded:
    """Return a submission's grades; an error of the grader's own is recorded in them, and stops nothing.

    Parameters
    ----------
    address : str
        Of the template that kernels fork from.
    task : Task
        What to grade.
    settings : Settings
        How.

    Raises
    ------
    GradingError
        If nothing can be graded here.
    """
    try:
        return grade(task.learner, task.submission, task.release, _template(address), settings)
    except GradingError:
        raise
    except Exception as error:
        logging.getLogger(__name__).exception("%s", printable(task.learner))
        return ungradable(task.learner, task.submission, task.release, error)


def give_up(task: Task) -> Graded:
    """Return the grades of a submission that ended its worker, or that it did not get done with: none."""
    return ungradable(task.learner, task.submission, task.release, RuntimeError(WORKER_ENDED))
