"""A class on JupyterHub, as instructor/ makes it: a teacher and two learners go the whole way, a second teacher too.

The users are real ones, in a machine of their own (`machine.py`), and log in with their passwords. What learners and
teachers see and press is seen and pressed in Chromium.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from course import answer
from kernel import ROOT
from machine import Machine, needs_root
from programs import PROXY, demand
from servers import free_ports, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FrameLocator, Locator, Page

pytestmark = [
    pytest.mark.notebook,
    pytest.mark.xdist_group("hub"),
    pytest.mark.usefixtures("sandboxed"),
    pytest.mark.skipif(bool(needs_root()), reason=needs_root()),
]

LESSON = "03_basic_block"
TEACHERS, LEARNERS = ("rosa", "tom"), ("ana", "bia")
PAGE = "page.html"
COURSE = "/srv/resnet-course/course"
EXCHANGE = "/srv/resnet-course/exchange/resnet-course"
SETTINGS = {"JUPYTER_CONFIG_PATH": f"{ROOT}/instructor/jupyter", "COURSE_LANGUAGE": "pt"}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine on which instructor/setup.sh has run."""
    with Machine(tmp_path_factory.mktemp("machine")) as made:
        made.path("/srv/resnet-course/hub").mkdir(parents=True)
        accounts = [f"{name}:{name}-1234:{2001 + n}::{name}:/home/{name}:/bin/bash" for n, name in enumerate(USERS)]
        made.say("root", "newusers", give="\n".join(accounts) + "\n")
        made.say("root", f"{ROOT}/instructor/setup.sh", *TEACHERS)
        yield made


USERS = (*TEACHERS, *LEARNERS)


@pytest.fixture(scope="module")
def hub(machine: Machine) -> Iterator[str]:
    """The address of the hub."""
    demand(PROXY)
    port, hub_port, api_port = free_ports(3)
    flags = [
        f"--JupyterHub.bind_url=http://127.0.0.1:{port}",
        f"--JupyterHub.hub_bind_url=http://127.0.0.1:{hub_port}",
        f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{api_port}",
        # A machine that runs other tests beside this one is slow.
        *("--Spawner.start_timeout=180", "--Spawner.http_timeout=120"),
    ]
    config = f"--config={ROOT}/instructor/jupyterhub_config.py"
    log = machine.path("/srv/resnet-course/hub/log")
    command = machine.command("root", "jupyterhub", config, *flags, COURSE_LANGUAGE="pt")
    with log.open("w") as lines:
        process = subprocess.Popen(command, stdout=lines, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/hub/health", process, log)
        yield address
    finally:
        process.terminate()
        process.wait(60)


class User:
    """Somebody at a browser of their own, logged in."""

    def __init__(self, name: str, hub: str, browser: Browser, pictures: Path) -> None:
        self.name, self._hub, self._pictures = name, hub, pictures
        self.page: Page = browser.new_context(viewport={"width": 1300, "height": 900}).new_page()
        self.page.set_default_timeout(120_000)
        self.page.goto(f"{hub}/hub/login")
        self.page.locator("#username_input").fill(name)
        self.page.locator("#password_input").fill(f"{name}-1234")
        self.page.locator("#login_submit").click()
        self.page.wait_for_url(f"**/user/{name}/lab**", timeout=180_000)
        self.page.locator("#jp-MainLogo").wait_for()

    def open(self, item: str) -> None:
        """Choose an item of JupyterLab's menu Nbgrader."""
        self.page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
        self.page.get_by_role("menuitem", name=item, exact=True).click()

    def look(self, picture: str) -> None:
        self.page.screenshot(path=self._pictures / f"{picture}.png")


def press(row: Locator, icon: str) -> None:
    """Press one of formgrader's icons in a row of its table, and close the box that says that it went well."""
    row.locator(f".glyphicon-{icon}").click()
    frame = row.page.frame_locator("iframe")
    frame.get_by_role("heading", name="Success").wait_for(timeout=180_000)
    frame.get_by_role("button", name="Close", exact=True).last.click()
    frame.locator(".modal-backdrop").wait_for(state="detached")


def write_answers(machine: Machine, learner: str, *grade_ids: str) -> None:
    """Write answers into the notebook that a learner has fetched: their editor would do no more."""
    path = machine.path(f"/home/{learner}/{LESSON}/{LESSON}.ipynb")
    assert path.stat().st_uid == 2001 + USERS.index(learner)
    nbformat.write(answer(LESSON, "pt", *grade_ids), path)


def open_formgrader(user: User) -> FrameLocator:
    user.open("Formgrader")
    return user.page.frame_locator("iframe")


def row(frame: FrameLocator, name: str) -> Locator:
    found = frame.locator("tbody tr").filter(has_text=name)
    found.locator(".glyphicon").first.wait_for(timeout=180_000)
    return found


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def rosa(hub: str, browser: Browser, pictures: Path) -> User:
    return User("rosa", hub, browser, pictures)


@pytest.fixture(scope="module")
def ana(hub: str, browser: Browser, pictures: Path) -> User:
    return User("ana", hub, browser, pictures)


@pytest.fixture(scope="module")
def taught(machine: Machine, rosa: User, ana: User) -> Machine:
    """The machine after a lesson: released, fetched, handed in, collected, graded, and the feedback fetched."""
    formgrader = open_formgrader(rosa)
    lesson = row(formgrader, LESSON)
    for icon in ("education", "cloud-upload"):
        press(lesson, icon)
    rosa.look("1-released")

    ana.open("Assignment List")
    ana.page.get_by_role("button", name="Fetch", exact=True).click()
    ana.page.get_by_role("button", name="Submit", exact=True).wait_for()
    ana.look("2-fetched")
    write_answers(machine, "ana", "conv3x3", "shortcut", "basic-block", "find-the-bug")
    page = machine.path(f"/home/ana/{LESSON}/{PAGE}")
    page.write_text("<script>document.title = 'ran'</script>")
    ana.page.get_by_role("button", name="Submit", exact=True).click()
    ana.page.get_by_role("button", name="Fetch Feedback", exact=True).wait_for()
    ana.look("3-submitted")
    machine.say("bia", "nbgrader", "fetch_assignment", LESSON, **SETTINGS)
    write_answers(machine, "bia", "conv3x3")
    machine.say("bia", "nbgrader", "submit", LESSON, **SETTINGS)

    # ana hands in for bia, later and nothing: nbgrader would take it.
    forged = f"bia+{LESSON}+2099-01-01 00:00:00 UTC+x"
    machine.say("ana", "mkdir", f"{EXCHANGE}/inbound/{forged}")

    press(lesson, "cloud-download")
    rosa.look("4-collected")
    lesson.get_by_role("link", name="2", exact=True).click()
    press(row(formgrader, "ana"), "flash")
    rosa.look("5-graded")
    machine.say("tom", "resnet-course", "grade", LESSON, "--student", "bia", "--jobs", "1", **SETTINGS)  # from home
    rosa.page.reload()
    formgrader = open_formgrader(rosa)
    for icon in ("comment", "envelope"):
        press(row(formgrader, LESSON), icon)
    rosa.look("6-feedback")

    ana.page.get_by_role("button", name="Fetch Feedback", exact=True).click()
    ana.page.get_by_text("view feedback").wait_for()
    ana.look("7-feedback")
    machine.say("bia", "nbgrader", "fetch_feedback", LESSON, **SETTINGS)
    return machine


def test_what_a_teacher_has_set_stays_when_the_recipe_runs_again(taught: Machine) -> None:
    settings = taught.path(f"{COURSE}/nbgrader_config.py")
    before = settings.read_text()
    settings.write_text(f"{before}\nc.GradedClass.hide_solutions = True\n")
    os.utime(settings, (0, 0))  # as where the clone's was changed by a pull
    taught.say("root", f"{ROOT}/instructor/setup.sh", *TEACHERS)

    assert "hide_solutions = True" in settings.read_text()
    settings.write_text(before)


def test_each_learner_has_the_feedback_of_their_own(taught: Machine) -> None:
    for learner, points in (("ana", 10), ("bia", 1)):
        pages = list(taught.path(f"/home/{learner}/{LESSON}/feedback").rglob("*.html"))
        assert len(pages) == 1
        assert f"<td>{points} de 10</td>" in pages[0].read_text()


def test_learners_read_what_is_released_and_nothing_else(taught: Machine) -> None:
    found = taught.run("ana", "find", "/srv/resnet-course", "-type", "f", "-readable").stdout.splitlines()

    assert found
    assert [path for path in found if not path.startswith(f"{EXCHANGE}/outbound/")] == []


def test_learners_write_nowhere_but_where_they_hand_in(taught: Machine) -> None:
    found = taught.run("ana", "find", "/srv/resnet-course", "-writable").stdout.splitlines()

    assert found == [f"{EXCHANGE}/inbound"]


@pytest.mark.parametrize("place", [f"{COURSE}/gradebook.db", f"{COURSE}/submitted", f"{EXCHANGE}/inbound", "/home/ana"])
def test_learners_read_no_grades_and_no_other_submissions(taught: Machine, place: str) -> None:
    assert taught.path(place).exists()
    assert "Permission denied" in taught.run("bia", "ls", f"{place}/").stderr


@pytest.mark.parametrize("teacher", TEACHERS)
def test_each_teacher_may_change_what_the_other_made(taught: Machine, teacher: str) -> None:
    made = taught.say(teacher, "find", COURSE)
    # Submissions stay as they were handed in, and the folder that holds them may be removed.
    kept = ("-path", f"{COURSE}/submitted/*/*/*", "-prune", "-o")
    closed = taught.say(teacher, "find", COURSE, *kept, "(", "!", "-writable", "-print", ")")

    assert f"{COURSE}/autograded/ana/{LESSON}/{LESSON}.ipynb" in made
    assert closed == ""


def test_formgrader_is_the_teachers_alone(taught: Machine, hub: str, ana: User) -> None:
    ana.page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    ana.page.get_by_role("menuitem", name="Assignment List", exact=True).wait_for()
    assert ana.page.get_by_role("menuitem", name="Formgrader", exact=True).count() == 0
    assert ana.page.request.get(f"{hub}/user/ana/formgrader").status == 404
    assert ana.page.request.get(f"{hub}/user/rosa/formgrader").status in (403, 404)


def test_a_teachers_terminal_finds_the_commands_and_these_the_course(taught: Machine, hub: str, rosa: User) -> None:
    told = taught.path("/home/rosa/told.txt")
    rosa.page.goto(f"{hub}/user/rosa/lab?reset")
    rosa.page.locator("#jp-MainLogo").wait_for()
    rosa.page.locator(".jp-LauncherCard").get_by_text("Terminal", exact=True).click()
    rosa.page.locator(".jp-Terminal .xterm-screen").wait_for()
    deadline = time.monotonic() + 60
    while not told.exists() or not told.read_text():
        assert time.monotonic() < deadline
        rosa.page.locator(".jp-Terminal").click()
        rosa.page.keyboard.type("resnet-course report > ~/told.txt\n")
        rosa.page.wait_for_timeout(3000)

    assert f"{COURSE}/class_report.html" in told.read_text()


def test_a_page_that_a_learner_handed_in_runs_no_script(taught: Machine, hub: str, rosa: User, tmp_path: Path) -> None:
    copied = shutil.copy(taught.path(f"{COURSE}/gradebook.db"), tmp_path)  # SQLite opens no file of another machine
    question = "SELECT n.id FROM submitted_notebook n JOIN submitted_assignment s ON n.assignment_id = s.id"
    with closing(sqlite3.connect(copied)) as book:
        (number,) = book.execute(f"{question} WHERE s.student_id = 'ana'").fetchone()
    answer = rosa.page.goto(f"{hub}/user/rosa/formgrader/submissions/{number}/{PAGE}")

    assert answer is not None and answer.status == 200
    assert rosa.page.title() == ""
