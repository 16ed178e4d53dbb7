"""The whole way through nbgrader's exchange, from release to fetched feedback, graded in each of the three ways."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import stat
from copy import deepcopy
from pathlib import Path

import pytest
from corpus import LESSON, save, solution
from course import make_course, nbgrader
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from test_commands import FORMGRADER, run
from traitlets.config import Config

from resnet_course.grading.command import course_config
from resnet_course.language import find
from resnet_course.release import public_address

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("exchange"), pytest.mark.usefixtures("sandboxed")]

# Learner, and the way in which they are graded.
WAYS = {
    "ana": f"nbgrader autograde {LESSON} --student ana",
    "bia": f"python press.py {LESSON} bia",
    "caio": f"resnet-course grade {LESSON} --student caio --jobs 1",
}
BESIDE = "data/mine.csv"
OLD = "old.csv"


class Class:
    """A course, its exchange, and a home for each learner. No command is started: each takes seconds."""

    def __init__(self, place: Path) -> None:
        self.place, self.said = place, ""
        self.course = place / "course"
        self.course.mkdir()
        (place / "exchange").mkdir(mode=0o777)
        make_course(self.course, LESSON)
        (self.course / "press.py").write_text(FORMGRADER)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COURSE_LANGUAGE", "pt")
            self._config = course_config(self.course)
        self._config.Exchange.root = f"{place}/exchange"
        self._config.CourseDirectory.assignment_id = LESSON
        self._config.ExchangeCollect.check_owner = False  # these learners have no accounts; those in tests/hub have
        for learner in WAYS:
            (place / learner).mkdir()

    def teacher(self, command: str) -> str:
        return self._exchange(command, self._config, self.course)

    def learner(self, name: str, command: str) -> None:
        config = deepcopy(self._config)
        config.CourseDirectory.root = f"{self.place}/{name}"
        config.CourseDirectory.student_id = name
        config.Exchange.cache = f"{self.place}/{name}/cache"
        self._exchange(command, config, self.place / name)

    @staticmethod
    def _exchange(command: str, config: Config, folder: Path) -> str:
        """Run one of the exchange's commands in a folder, and return what it logs."""
        before, said = Path.cwd(), io.StringIO()
        os.chdir(folder)
        try:
            parts = {"coursedir": CourseDirectory(config=config), "authenticator": Authenticator(config=config)}
            app = getattr(ExchangeFactory(config=config), command)(config=config, **parts)
            app.log.addHandler(handler := logging.StreamHandler(said))
            app.start()
            app.log.removeHandler(handler)
        finally:
            os.chdir(before)
        return said.getvalue()


def hand_in(group: Class, learner: str) -> None:
    group.learner(learner, "FetchAssignment")
    folder = group.place / learner / LESSON
    save(solution(), folder)
    (folder / BESIDE).parent.mkdir()
    (folder / BESIDE).write_text("1,2\n")
    group.learner(learner, "Submit")


def leave_traps(group: Class) -> None:
    """Leave in the exchange what its learners could write there."""
    inbound = group.place / "exchange" / "resnet-course" / "inbound"
    (inbound / f"dora+{LESSON}+no time+x").mkdir()
    theirs = next(inbound.glob("ana+*")) / f"{LESSON}.ipynb"
    mine = inbound / f"eva+{LESSON}+2020-01-01 00:00:00 UTC+x"
    mine.mkdir()
    (mine / f"{LESSON}.ipynb").symlink_to(theirs)
    (mine / "closed").mkdir()
    os.mkfifo(mine / "closed" / "pipe")
    (inbound / f"fred+{LESSON}+2020-01-01 00:00:00 UTC+x").symlink_to(theirs.parent)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    group = Class(tmp_path_factory.mktemp("class"))
    group.teacher("ReleaseAssignment")
    for learner in WAYS:
        hand_in(group, learner)
    leave_traps(group)
    group.said = group.teacher("Collect")
    # A link is no learner's to hand in: whoever follows it reads the teacher's files.
    (group.course / "submitted" / "ana" / LESSON / "link.txt").symlink_to(group.course / "gradebook.db")
    os.mkfifo(group.course / "submitted" / "ana" / LESSON / "pipe.txt")
    for learner, command in WAYS.items():
        folder = group.course / "autograded" / learner / LESSON
        folder.mkdir(parents=True)
        (folder / OLD).write_text("of an older submission")
        done = run(group.course, command)
        assert done.returncode == 0, done.stdout + done.stderr
    return group


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_links_lead_somewhere_where_only_the_lesson_was_fetched(graded: Class) -> None:
    """In the repository they lead to files beside the lesson, which no learner has on a hub."""
    text = (graded.place / "exchange" / "resnet-course" / "outbound" / LESSON / f"{LESSON}.ipynb").read_text()
    linked = set(re.findall(r"\]\(([^)\s]+)", text))
    public = public_address("notebooks")

    assert f"{public}/pt/glossary.ipynb#cell-id=shortcut" in linked
    assert f"{public}/en/{LESSON}/{LESSON}.ipynb" in linked
    assert [each for each in linked if not each.startswith(("https://", "#"))] == []


def test_nobody_hands_in_what_is_another_s(graded: Class) -> None:
    submitted = graded.course / "submitted"

    assert {path.name for path in submitted.iterdir()} == {*WAYS, "eva"}
    assert files(submitted / "eva" / LESSON) == set()
    for name, key in (("dora+", "not-theirs"), ("fred+", "not-theirs"), ("eva+", "later")):
        sentence = find(f"grading.exchange.{key}").split("{")[0]
        assert [line for line in graded.said.splitlines() if line.startswith(name) and sentence in line]
    assert "ana+" not in graded.said


@pytest.mark.parametrize("learner", WAYS)
def test_what_nbgrader_copies_is_copied(graded: Class, learner: str) -> None:
    folder = graded.course / "autograded" / learner / LESSON

    assert files(folder) == {f"{LESSON}.ipynb", "timestamp.txt", "submission_secret.txt", BESIDE}
    given = graded.course / "submitted" / learner / LESSON / "submission_secret.txt"
    assert (folder / "submission_secret.txt").read_text() == given.read_text()


def test_the_secret_is_no_stray_file(graded: Class) -> None:
    for learner in WAYS:
        notebook = json.loads((graded.course / "autograded" / learner / LESSON / f"{LESSON}.ipynb").read_text())
        text = json.dumps(notebook)
        assert "submission_secret" not in text


def test_the_gradebook_is_for_its_owner_alone(graded: Class) -> None:
    mode = stat.S_IMODE((graded.course / "gradebook.db").stat().st_mode)

    assert mode & stat.S_IRWXO == 0, oct(mode)


def test_files_of_an_older_submission_are_gone(graded: Class) -> None:
    assert not list((graded.course / "autograded").rglob(OLD))


def test_each_learner_fetches_their_feedback(graded: Class) -> None:
    """Also when others in the class have handed in without the exchange, or with a secret that is none."""
    for name, secret in (("by-mail", None), ("broken", b"\xff\xfe"), ("empty", b"")):
        folder = graded.course / "feedback" / name / LESSON
        folder.mkdir(parents=True)
        (folder / f"{LESSON}.html").write_text("a page")
        (folder / "timestamp.txt").write_text("")
        if secret is not None:
            (folder / "submission_secret.txt").write_bytes(secret)
    nbgrader(graded.course, "generate_feedback", LESSON)
    said = graded.teacher("ReleaseFeedback")

    for name in ("by-mail", "broken", "empty"):
        assert f"{name}: " in said
    assert len(list((graded.place / "exchange" / "resnet-course" / "feedback").iterdir())) == len(WAYS)
    for learner in WAYS:
        graded.learner(learner, "FetchFeedback")
        pages = list((graded.place / learner / LESSON / "feedback").rglob("*.html"))
        assert len(pages) == 1
        assert "<td>10 of 10</td>" in pages[0].read_text()
