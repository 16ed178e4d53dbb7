"""How long the report over several lessons takes for the largest class. Run by `make bench`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from classes import Answer, made_class, release, write
from kernel import ROOT
from postgresql import database
from traitlets.config import Config

from resnet_course.grading.class_report import class_page, class_results, class_tables

LEARNERS = 2000


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/gradebook.db"
    else:
        with database() as address:
            yield address


def test_two_thousand_learners_and_eight_lessons_take_half_a_minute(url: str) -> None:
    release(url)
    # No two have written the same, down to the last character: nothing can be compared once for many.
    work = {
        learner: {
            grade_id: [Answer(each.key, f"{each.source}\n{learner} = {number}") for each in history]
            for number, (grade_id, history) in enumerate(of_learner.items())
        }
        for learner, of_learner in made_class(LEARNERS).items()
    }
    write(url, work)
    config = Config()
    config.CourseDirectory.root = str(ROOT)
    config.CourseDirectory.db_url = url
    config.CourseDirectory.course_id = "course"
    began, began_working = time.perf_counter(), time.process_time()
    results = class_results(config, [])
    assert results is not None
    page, tables = class_page(ROOT, results), class_tables(results)
    taken, worked = time.perf_counter() - began, time.process_time() - began_working
    size = (len(page) + sum(map(len, tables.values()))) / 2**20
    print(
        f"\n{results.submissions} notebooks: {taken:.1f} s, of it at work {worked:.1f} s; {size:.1f} MiB (goal: 30 s)"
    )

    assert results.submissions == LEARNERS * 8
    assert taken <= 30
