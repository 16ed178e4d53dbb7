"""What the start page shows of the lessons, read from their scripts into the package: a wheel holds no scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from resnet_course import checks, lessons
from resnet_course.authoring import WRITTEN
from resnet_course.authoring.assemble import title
from resnet_course.authoring.script import Lesson
from resnet_course.language import languages


def map_text(root: Path, read: Iterable[Lesson]) -> str:
    """Return what `lessons.json` must hold: these lessons as they are now, the others as it holds them already.

    Parameters
    ----------
    root : Path
        The course folder; a lesson whose script is gone leaves the map.
    read : iterable of Lesson
        The lessons that were read, all of them or those that are being built. Lessons without points stay out.
    """
    known = json.loads(lessons.FACTS.read_text(encoding="utf-8")) if lessons.FACTS.is_file() else {}
    known |= {lesson.id: facts_of(lesson) for lesson in read if lesson.id in checks.GRADED}
    kept = {name: known[name] for name in sorted(known) if (root / WRITTEN / f"{name}.py").is_file()}
    return json.dumps(kept, ensure_ascii=False, indent=1) + "\n"


def facts_of(lesson: Lesson) -> dict[str, Any]:
    """Return a lesson's title in each language, its minutes in all (None if it does not say) and its exercises."""
    first = next(cell for cell in lesson.of_kind("prose"))
    planned = re.search(r"(\d+) minut", first.source)
    exercises = [
        {
            "grade_id": cell.get("exercise"),
            "difficulty": cell.get("difficulty"),
            "minutes": cell.get("minutes"),
            "points": lesson.points(cell.get("exercise")),
        }
        for cell in lesson.of_kind("exercise")
        if cell.get("part", "a") == "a"
    ]
    return {
        "title": {language: title(lesson, language) for language in languages()},
        "minutes": int(planned[1]) if planned else None,
        "exercises": exercises,
    }
