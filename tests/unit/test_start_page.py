"""What the start page shows: the map of the lessons there are, and what this machine has and lacks."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import types
from base64 import b64decode
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from resnet_course import checks, environment, lessons, thumbnails
from resnet_course.authoring.assemble import make_notebook
from resnet_course.authoring.build import find_lessons
from resnet_course.authoring.course_map import map_text
from resnet_course.authoring.script import read_lesson
from resnet_course.language import languages, message, speaking

ROOT = Path(__file__).resolve().parents[2]
LINKS = [f"../{lesson}/{lesson}.ipynb" for lesson in checks.GRADED]
FAKES = {
    "06_a_lesson": {"en": "06 · A lesson: with a subtitle", "pt": "06 · Uma lição: com um subtítulo"},
    "07_another": {"en": "07 · Another lesson: the last one", "pt": "07 · Outra lição: a última"},
}


@pytest.fixture
def more_lessons(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two lessons that nobody has drawn, one of them with an exercise of difficulty 5 and no minutes in its text."""
    known = json.loads(lessons.FACTS.read_text(encoding="utf-8"))
    for name, title in FAKES.items():
        known[name] = {**known["05_full_resnet"], "title": title, "minutes": None}
        known[name]["exercises"] = [{"grade_id": "hard", "difficulty": 5, "minutes": 40, "points": 10}]
        monkeypatch.setitem(checks.LESSONS, name, ("hard",))
    monkeypatch.setattr(lessons, "FACTS", tmp_path / "lessons.json")
    lessons.FACTS.write_text(json.dumps(known), encoding="utf-8")


def test_the_map_holds_all_graded_lessons_as_their_scripts_say() -> None:
    assert list(lessons.read_lessons()) == list(checks.GRADED)
    assert lessons.FACTS.read_text(encoding="utf-8") == map_text(ROOT, find_lessons(ROOT))


def test_building_one_lesson_keeps_the_others_on_the_map(tmp_path: Path) -> None:
    whole = lessons.FACTS.read_text(encoding="utf-8")

    assert map_text(ROOT, find_lessons(ROOT, ["03_basic_block"])) == whole
    assert map_text(ROOT, []) == whole
    # A lesson whose script is gone leaves the map.
    assert map_text(tmp_path, []) == "{}\n"


@pytest.mark.parametrize("language", languages())
def test_a_further_lesson_has_its_place_on_the_map(more_lessons: None, language: str) -> None:
    with speaking(language):
        page = lessons.course_map()._repr_html_()
        names = [facts["name"] for facts in lessons.read_lessons().values()]

    assert page.count("<li") == len(names) == len(checks.GRADED) + len(FAKES)
    assert [name for name in names if name not in page] == []


@pytest.mark.parametrize("language", languages())
def test_a_further_lesson_has_its_place_in_the_chart(more_lessons: None, language: str) -> None:
    with speaking(language):
        picture = lessons.minutes_chart()
        names = [facts["name"] for facts in lessons.read_lessons().values()]

    assert [name for name in names if name not in picture.alt] == []
    FigureCanvasAgg(picture.figure).draw()
    width, height = picture.figure.bbox.width, picture.figure.bbox.height
    ticks = {label for axes in picture.figure.axes for label in (*axes.get_xticklabels(), *axes.get_yticklabels())}
    for text in set(picture.figure.findobj(Text)) - ticks:
        box = text.get_window_extent()
        assert not text.get_text() or (box.x0 >= 0 and box.x1 <= width), text.get_text()
        assert not text.get_text() or (box.y0 >= 0 and box.y1 <= height + 1), text.get_text()


def test_every_lesson_has_a_drawing_of_its_own() -> None:
    drawings = [thumbnails.thumbnail(lesson) for lesson in checks.GRADED]

    assert len(set(drawings)) == len(checks.GRADED)
    for drawing in drawings:
        assert ElementTree.fromstring(b64decode(drawing.partition(",")[2])).tag.endswith("svg")


@pytest.mark.parametrize("language", languages())
def test_the_lessons_can_be_opened_before_any_code_has_run(language: str) -> None:
    cells = make_notebook(read_lesson(ROOT / "lessons" / "00_start_here.py"), language).cells
    before = list(itertools.takewhile(lambda each: each.cell_type == "markdown", cells))

    assert sum(f"({link})" in each.source for each in before for link in LINKS) == len(checks.GRADED)


def test_what_needs_solved_lessons_stands_behind_the_warm_up() -> None:
    code = [cell.source for cell in read_lesson(ROOT / "lessons" / "00_start_here.py").cells if cell.kind != "prose"]
    calls = ["checks.warm_up(add_shortcut)", "lessons.review()", "lessons.record_page()"]

    assert code[-len(calls) :] == calls


def finding(row: int) -> environment.MachineFact:
    return environment.check_machine()[row]


PYTHON, TORCH, TORCHVISION, OTHERS, DEVICE, MEMORY, NETWORK, PLACE, LANGUAGE = range(9)


def test_a_machine_that_runs_the_tests_has_nothing_to_repair() -> None:
    assert {each.kind for each in environment.check_machine()} <= {"good", "note"}


@pytest.mark.parametrize("language", languages())
def test_the_report_is_a_table_with_a_mark_for_each_line(language: str) -> None:
    with speaking(language):
        report = environment.check_machine()

    assert report._repr_html_().count("<tr>") == len(report) == len(repr(report).splitlines()) == 9
    assert "`" not in report._repr_html_()


def test_what_libraries_say_cannot_become_html() -> None:
    report = environment.MachineReport([environment.MachineFact("problem", "<b>", "`<script>`")])

    assert "<script>" not in report._repr_html_()
    assert "<code>&lt;script&gt;</code>" in report._repr_html_()


@pytest.mark.parametrize(
    ("versions", "row", "kind", "words"),
    [
        ({"torch": "2.1.0"}, TORCH, "problem", "pip install --upgrade torch torchvision"),
        ({"torch": "2.10.0+cpu"}, TORCH, "good", "2.6"),
        ({"torch": "2.6"}, TORCH, "good", "2.6"),
        ({"torch": "–"}, TORCH, "problem", "pip install torch"),
        ({"torchvision": "0.9.1"}, TORCHVISION, "problem", "Too old"),
        ({"mlxtend": "–", "pandas": "–"}, OTHERS, "problem", "pip install mlxtend pandas"),
        ({"numpy": "1.24.3"}, OTHERS, "problem", "pip install --upgrade numpy"),
    ],
)
def test_a_missing_or_old_package_is_named_with_the_command_that_helps(
    monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], row: int, kind: str, words: str
) -> None:
    real = environment.package_version
    monkeypatch.setattr(environment, "package_version", lambda name: versions.get(name, real(name)))

    assert finding(row).kind == kind
    assert words in finding(row).advice


def test_a_torchvision_made_for_another_torch_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist\nand more")

    monkeypatch.setattr(environment, "importlib", types.SimpleNamespace(import_module=fail))

    assert finding(TORCHVISION).kind == "problem"
    assert "operator torchvision::nms does not exist`" in finding(TORCHVISION).advice


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file or directory", "/somewhere"),
        PermissionError(13, "Permission denied"),
        MemoryError(),
        ModuleNotFoundError("No module named 'PIL'", name="PIL"),
    ],
)
def test_what_another_part_of_the_machine_raises_is_not_blamed_on_the_versions(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(name: str) -> None:
        raise error

    monkeypatch.setattr(environment, "importlib", types.SimpleNamespace(import_module=fail))

    assert finding(TORCHVISION).kind == "problem"
    assert type(error).__name__ in finding(TORCHVISION).advice
    assert "pip install --upgrade torch torchvision" not in finding(TORCHVISION).advice


GONE = """
import os, sys
from resnet_course import environment, language
language.set_language(sys.argv[1])
os.rmdir(os.getcwd())
print(environment.check_machine())
"""


@pytest.mark.parametrize("language", languages())
def test_a_folder_that_is_gone_is_the_only_thing_that_the_report_complains_of(language: str, tmp_path: Path) -> None:
    here = tmp_path / "gone"
    here.mkdir()
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", GONE, language]  # in a fresh process, which has not loaded torchvision yet
    report = subprocess.run(command, cwd=here, env=variables, capture_output=True, text=True, check=True).stdout
    lines = report.splitlines()
    with speaking(language):
        gone = message("common.folder-gone")

    assert [line for line in lines if line.startswith("✗")] == [lines[PLACE]]
    assert lines[PLACE].endswith(gone)
    assert "No such file" not in report


def test_an_old_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.platform, "python_version", lambda: "3.9.18")

    assert finding(PYTHON).kind == "problem"
    assert "3.10" in finding(PYTHON).advice


@pytest.mark.parametrize(("gib", "kind"), [(1.5, "note"), (2.0, "good"), (16.0, "good"), (None, "good")])
def test_little_memory_is_a_note(monkeypatch: pytest.MonkeyPatch, gib: float | None, kind: str) -> None:
    monkeypatch.setattr(environment, "_gib", lambda: gib)

    assert finding(MEMORY).kind == kind


@pytest.mark.parametrize(("device", "words"), [("cpu", "No GPU"), ("cuda (T4)", "A GPU"), ("mps", "A GPU")])
def test_the_device_is_named(monkeypatch: pytest.MonkeyPatch, device: str, words: str) -> None:
    monkeypatch.setattr(environment, "device_name", lambda: device)

    assert finding(DEVICE).what == device
    assert words in finding(DEVICE).advice


@pytest.mark.parametrize(("online", "kind", "words"), [(True, "good", "Everything"), (False, "note", "All exercises")])
def test_without_a_network_the_report_says_what_does_not_work(
    monkeypatch: pytest.MonkeyPatch, online: bool, kind: str, words: str
) -> None:
    monkeypatch.setattr(environment, "is_online", lambda: online)

    assert finding(NETWORK).kind == kind
    assert words in finding(NETWORK).advice


def test_where_work_is_lost_the_report_says_how_to_save_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("BINDER_", "KAGGLE_", "CODESPACES"))]:
        monkeypatch.delenv(name)
    assert finding(PLACE).kind == "good"
    monkeypatch.setenv("CODESPACES", "true")
    assert finding(PLACE).what == "GitHub Codespaces"
    assert "download your notebooks" in finding(PLACE).advice
    monkeypatch.setenv("BINDER_SERVICE_HOST", "10.0.0.1")
    assert finding(PLACE).what == "Binder"
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    assert "Save a copy in Drive" in finding(PLACE).advice
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    assert finding(PLACE).what == "Kaggle"
    assert "Internet" in finding(PLACE).advice
