"""What the grader runs in the learner's kernel, inside the sandbox: observe an answer, leave what was seen in a file.

Everything here runs beside the learner's code, which may have changed it. So nothing that it says about right or wrong
is asked for: only plain data, which the grader judges outside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from resnet_course import checks
from resnet_course.grading.crossing import dump


def observe(grade_id: str, seed: int, seconds: float, file: str, namespace: dict[str, Any]) -> None:
    """Observe one exercise's answers, as they stand in the notebook's namespace, and write the observation to a file.

    Parameters
    ----------
    grade_id : str
        The exercise.
    seed : int
        Where the check's inputs start.
    seconds : float
        How long the answers may take.
    file : str
        A path that does not exist yet.
    namespace : dict
        The notebook's global names.
    """
    check = getattr(checks, checks.attribute(grade_id))
    missing = [name for name in check.answers + check.uses if name not in namespace]
    if missing:
        found, printed = {"missing": missing[0]}, ""
    else:
        answers = tuple(namespace[name] for name in check.answers + check.uses)
        found, printed = check.watch(answers, check.inputs(seed), seed, seconds)
    crossed = dump({"observation": found, "printed": printed[:10_000]})
    with Path(file).open("xb") as written:
        written.write(crossed)
