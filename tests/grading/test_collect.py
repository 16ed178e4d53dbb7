"""Downloads of learning platforms: whose each file is, and that none is lost and none does harm."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from zipfile import ZipInfo

import pytest
from course import empty_course
from kernel import ROOT
from nbgrader.api import Gradebook
from platforms import Canvas, Moodle, Upload, User, zipped

from resnet_course.grading import GradingError
from resnet_course.grading.collect import SafeExtractor, collect, take_roster
from resnet_course.grading.roster import loose, when
from resnet_course.language import speaking

LESSON = "03_basic_block"
NOTEBOOK = f"{LESSON}.ipynb"
ANA = User(11, "Ana", "Silva", "2024001", "ana@example.org")
JOSE = User(12, "José María", "D’Ávila", "2024002", "jose@example.org")
ZE = User(13, "Zé", "Ninguém", "2024003", "ze@example.org")
USERS = [ANA, JOSE, ZE]
UPLOADS = [Upload(ANA, NOTEBOOK, b"ana"), Upload(JOSE, "lição (1).ipynb", "josé".encode())]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    folder.mkdir()
    empty_course(folder)
    return folder


@pytest.fixture
def moodle() -> Moodle:
    return Moodle(USERS)


@pytest.fixture
def canvas() -> Canvas:
    return Canvas(USERS)


def written(folder: Path, text: str, name: str = "roster.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def found(course: Path) -> dict[str, str]:
    """Return what lies in submitted/, without times."""
    return {
        path.relative_to(course / "submitted").as_posix().replace(f"/{LESSON}/", "/", 1): path.read_text()
        for path in sorted((course / "submitted").rglob("*"))
        if path.is_file() and path.name != "timestamp.txt"
    }


def time(course: Path, learner: str) -> str:
    return (course / "submitted" / learner / LESSON / "timestamp.txt").read_text()


BOTH = {"2024001/03_basic_block.ipynb": "ana", "2024002/lição (1).ipynb": "josé"}

# --- the platforms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folders", [True, False], ids=["folders", "flat"])
def test_moodle(course: Path, tmp_path: Path, moodle: Moodle, folders: bool) -> None:
    take_roster(course, written(tmp_path, moodle.participants()))
    told = collect(course, moodle.download(LESSON, UPLOADS, tmp_path / "m.zip", folders=folders), LESSON)

    assert found(course) == BOTH
    assert "a download of Moodle's: 2 handed in; 2 new, 0 replaced, 0 as before" in told
    assert "Handed in nothing (1): Zé Ninguém (2024003)" in told
    assert not (course / "downloaded").exists()


def test_canvas(course: Path, tmp_path: Path, canvas: Canvas) -> None:
    late = [UPLOADS[0], Upload(JOSE, "lição (1).ipynb", "josé".encode(), late=True)]
    with Gradebook(f"sqlite:///{course}/gradebook.db", "resnet-course") as book:
        book.add_assignment(LESSON, duedate=datetime(2025, 3, 1, 12))
    told = collect(
        course, canvas.download(LESSON, late, tmp_path / "c.zip"), LESSON, roster=written(tmp_path, canvas.gradebook())
    )

    assert found(course) == BOTH
    assert "a download of Canvas's: 2 handed in" in told
    assert "Late, as Canvas says (1)" in told and time(course, "2024002") == "2025-03-01 12:01:00 UTC"
    assert not (course / "submitted" / "2024001" / LESSON / "timestamp.txt").exists()
    with Gradebook(f"sqlite:///{course}/gradebook.db", "resnet-course") as book:
        assert {each.id: each.lms_user_id for each in book.students} == {
            "2024001": "11",
            "2024002": "12",
            "2024003": "13",
        }


@pytest.mark.parametrize(
    "name", ["ana@example.org/x.ipynb", f"2024001/{LESSON}/x.ipynb", "Ana Silva.ipynb", f"{LESSON}_2024001.ipynb"]
)
@pytest.mark.parametrize("wrapped", ["", "class/"], ids=["bare", "in a folder"])
def test_a_folder_of_files(course: Path, tmp_path: Path, moodle: Moodle, name: str, wrapped: str) -> None:
    take_roster(course, written(tmp_path, moodle.participants()))
    other = name.replace("ana@", "jose@").replace("2024001", "2024002").replace("Ana Silva", "José María D’Ávila")
    for each in (name, other):
        path = tmp_path / "files" / wrapped / each
        path.parent.mkdir(parents=True) if not path.parent.exists() else None
        path.write_text(each)
    told = collect(course, tmp_path / "files", LESSON)

    assert {path.split("/")[0]: text for path, text in found(course).items()} == {"2024001": name, "2024002": other}
    assert "a folder of files: 2 handed in" in told


def test_times_come_from_moodles_worksheet(course: Path, tmp_path: Path, moodle: Moodle) -> None:
    times = {11: "Friday, 10 January 2025, 11:59 PM", 12: "soon"}
    with Gradebook(f"sqlite:///{course}/gradebook.db", "resnet-course") as book:
        book.add_assignment(LESSON, duedate=datetime(2025, 1, 11, 2, 58))
    told = collect(
        course,
        moodle.download(LESSON, UPLOADS, tmp_path / "m.zip"),
        LESSON,
        roster=written(tmp_path, moodle.worksheet(LESSON, times)),
        timezone="America/Sao_Paulo",
    )

    assert time(course, "ana@example.org") == "2025-01-11 02:59:00 UTC"
    assert "cannot be read in the roster file" in told and "(1): jose@example.org" in told
    assert "Late, by the due date in the gradebook (1): ana@example.org" in told
    assert "The times were read as America/Sao_Paulo" in told


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Friday, 10 January 2025, 11:59 PM", (2025, 1, 10, 23, 59)),
        ("Friday, 10 January 2025, 12:05\u202fAM", (2025, 1, 10, 0, 5)),
        ("sexta-feira, 7 fev. 2025, 08:30", (2025, 2, 7, 8, 30)),
        ("segunda-feira, 1 de dezembro de 2025, 23:59", (2025, 12, 1, 23, 59)),
        ("January 10, 2025, 11:59 PM", (2025, 1, 10, 23, 59)),
        ("10/01/2025 23:59", (2025, 1, 10, 23, 59)),
    ],
)
def test_times_as_moodle_writes_them(text: str, meant: tuple[int, ...]) -> None:
    from datetime import timezone

    assert when(text, timezone.utc) == datetime(*meant)  # type: ignore[arg-type]
    assert when("31 February 2025, 10:00", timezone.utc) is None


# --- the roster ---------------------------------------------------------------------------------------------------


def test_two_of_one_name_are_told_apart_by_the_worksheet(course: Path, tmp_path: Path) -> None:
    twin = User(21, "Ana", "Silva", "2024009", "ana.silva@example.org")
    moodle = Moodle([ANA, twin])
    take_roster(course, written(tmp_path, moodle.participants()))
    download = moodle.download(
        LESSON, [Upload(ANA, NOTEBOOK, b"one"), Upload(twin, NOTEBOOK, b"two")], tmp_path / "m.zip"
    )
    with pytest.raises(GradingError, match="several learners go by that name"):
        collect(course, download, LESSON)
    assert not (course / "submitted").exists()
    collect(course, download, LESSON, roster=written(tmp_path, moodle.worksheet(LESSON, {})))

    assert found(course) == {f"2024001/{NOTEBOOK}": "one", f"2024009/{NOTEBOOK}": "two"}


def test_who_is_not_on_the_roster_is_named_and_can_be_collected_later(
    course: Path, tmp_path: Path, moodle: Moodle
) -> None:
    take_roster(course, written(tmp_path, Moodle([ANA]).participants()))
    download = moodle.download(LESSON, UPLOADS, tmp_path / "m.zip")
    told = collect(course, download, LESSON)
    assert "Not on the roster, so not collected (1)" in told and "José María D’Ávila" in told
    told = collect(course, download, LESSON, roster=written(tmp_path, moodle.participants()))

    assert "2 new in the gradebook, 1 known already" in told
    assert "1 new, 0 replaced, 1 as before" in told
    assert found(course) == BOTH


def test_without_a_roster_learners_go_by_their_names_until_there_is_one(
    course: Path, tmp_path: Path, moodle: Moodle
) -> None:
    download = moodle.download(LESSON, UPLOADS, tmp_path / "m.zip")
    assert "learners are called by the names in the files" in collect(course, download, LESSON)
    assert f"Ana Silva/{NOTEBOOK}" in found(course)
    told = take_roster(course, written(tmp_path, moodle.participants()))

    assert "1 new in the gradebook, 2 known already" in told  # Zé; nobody is there twice


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_the_roster_in_portuguese_and_from_excel(course: Path, tmp_path: Path, moodle: Moodle, encoding: str) -> None:
    path = tmp_path / "planilha.csv"
    path.write_bytes(moodle.worksheet(LESSON, {}, portuguese=True).replace(",", ";").encode(encoding))

    assert "3 new in the gradebook" in take_roster(course, path)
    with Gradebook(f"sqlite:///{course}/gradebook.db", "resnet-course") as book:
        assert book.find_student("ze@example.org").last_name == "Ninguém"


@pytest.mark.parametrize("text", ["id\nbia\nÁlvaro\n", "id,first_name,last_name\nbia,Bia,Reis\nÁlvaro,Álvaro,Dias\n"])
def test_a_list_of_ids_is_nbgraders(course: Path, tmp_path: Path, text: str) -> None:
    """Canvas calls its own numbers ID too, but in a file with sections."""
    assert "2 new in the gradebook" in take_roster(course, written(tmp_path, text))
    with Gradebook(f"sqlite:///{course}/gradebook.db", "resnet-course") as book:
        assert {each.id for each in book.students} == {"bia", "Álvaro"}


def test_names_are_told_in_the_order_of_the_alphabet(course: Path, tmp_path: Path, moodle: Moodle) -> None:
    download = moodle.download(LESSON, UPLOADS, tmp_path / "m.zip")
    take_roster(course, written(tmp_path, "id\nzoé\nÁlvaro\nbia\n"))
    told = collect(course, download, LESSON, roster=written(tmp_path, moodle.participants()))

    assert "Álvaro, bia, Zé Ninguém (2024003), zoé" in told


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\x00\xff" * 50, NOTEBOOK.encode()])
def test_a_file_that_is_no_roster_gets_a_sentence(course: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(GradingError, match="has no columns that tell who is who"):
        take_roster(course, tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("language", "page", "download", "worksheet"),
    [("en", "LMS.md", "submissions.zip", "worksheet.csv"), ("pt", "LMS.pt-BR.md", "envios.zip", "planilha.csv")],
)
def test_the_teachers_page_shows_what_collect_says(
    course: Path,
    tmp_path: Path,
    moodle: Moodle,
    language: str,
    page: str,
    download: str,
    worksheet: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(course)
    take_roster(course, written(tmp_path, moodle.participants()))
    moodle.download(LESSON, UPLOADS, course / download)
    times = {ANA.id: "Friday, 7 March 2025, 9:15 PM", JOSE.id: "Friday, 7 March 2025, 11:40 PM"}
    written(course, moodle.worksheet(LESSON, times), worksheet)
    with speaking(language):
        told = collect(course, Path(download), LESSON, roster=Path(worksheet), timezone="America/Sao_Paulo")

    assert f"```\n{told}\n```" in (ROOT / "instructor" / page).read_text(encoding="utf-8"), told


# --- nothing is lost ----------------------------------------------------------------------------------------------


def test_an_earlier_submission_is_kept(course: Path, tmp_path: Path, moodle: Moodle) -> None:
    take_roster(course, written(tmp_path, moodle.participants()))
    collect(course, moodle.download(LESSON, UPLOADS, tmp_path / "m.zip"), LESSON)
    again = [Upload(ANA, NOTEBOOK, b"better"), UPLOADS[1]]
    told = collect(course, moodle.download(LESSON, again, tmp_path / "m.zip"), LESSON)

    assert "0 new, 1 replaced, 1 as before" in told
    assert found(course) == {**BOTH, f"2024001/{NOTEBOOK}": "better"}
    assert [path.read_text() for path in (course / "downloaded" / LESSON / "earlier").rglob("*.ipynb")] == ["ana"]
    assert "what they had handed in before is in downloaded/03_basic_block/earlier/" in told


def test_all_files_of_a_learner_are_handed_over(course: Path, tmp_path: Path, moodle: Moodle) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("work/inner.ipynb", "inner")
        archive.writestr("__MACOSX/._inner.ipynb", "litter")
    names = {NOTEBOOK: b"1", f"sub/{NOTEBOOK}": b"2", "x.ipynb.txt": b"3", "w.zip": inner.getvalue(), "no.zip": b"PK?"}
    download = moodle.download(
        LESSON, [Upload(ANA, name, content) for name, content in names.items()], tmp_path / "m.zip"
    )
    told = collect(course, download, LESSON)

    assert found(course) == {
        **{f"Ana Silva/{NOTEBOOK}": "1", "Ana Silva/03_basic_block (2).ipynb": "2", "Ana Silva/x.ipynb.txt": "3"},
        **{"Ana Silva/inner.ipynb": "inner", "Ana Silva/no.zip": "PK?"},
    }
    assert "not opened, it is no zip file" in told


def test_resubmissions_on_canvas_keep_their_order(course: Path, tmp_path: Path, canvas: Canvas) -> None:
    uploads = [
        Upload(ANA, name, name.encode()) for name in (NOTEBOOK, "03_basic_block-1.ipynb", "03_basic_block-2.ipynb")
    ]
    collect(
        course,
        canvas.download(LESSON, uploads, tmp_path / "c.zip"),
        LESSON,
        roster=written(tmp_path, canvas.gradebook()),
    )

    assert sorted(found(course)) == sorted(f"2024001/{upload.name}" for upload in uploads)


def test_names_that_clash_after_normalising_are_all_there(course: Path, tmp_path: Path) -> None:
    files = {"Zoë Li_5_assignsubmission_file_/á.ipynb": b"1", "Zoë Li_5_assignsubmission_file_/a\u0301.ipynb": b"2"}
    collect(course, zipped(files, tmp_path / "m.zip"), LESSON)

    assert found(course) == {"Zoë Li/á.ipynb": "1", "Zoë Li/á (2).ipynb": "2"}


@pytest.mark.parametrize("encoding", ["utf-8", "cp850"])
def test_accents_where_the_archive_does_not_say_how_they_are_written(
    course: Path, tmp_path: Path, encoding: str
) -> None:
    # zipfile writes what is no ASCII as UTF-8 and says so; old packers wrote bytes.
    name = "João Sá_5_assignsubmission_file_/x.ipynb".encode(encoding)
    path = zipped({"A" * len(name): b"1"}, tmp_path / "m.zip")
    path.write_bytes(path.read_bytes().replace(b"A" * len(name), name))
    collect(course, tmp_path / "m.zip", LESSON)

    assert found(course) == {"João Sá/x.ipynb": "1"}


# --- and nothing does harm ----------------------------------------------------------------------------------------


def test_nothing_leads_out_of_the_folder(course: Path, tmp_path: Path) -> None:
    path = zipped({"Ana Silva_5_assignsubmission_file_/x.ipynb": b"1"}, tmp_path / "m.zip")
    link = ZipInfo("Ana Silva_5_assignsubmission_file_/link.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        for name in (
            "../../up.ipynb",
            "/abs.ipynb",
            "C:\\x.ipynb",
            "a\\..\\..\\b.ipynb",
            "Ana Silva_5_assignsubmission_file_/../../y",
        ):
            archive.writestr(name, "evil")
        archive.writestr(link, "/etc/passwd")
        archive.writestr(f"Ana Silva_5_assignsubmission_file_/{'x' * 250}.ipynb", "long")
    before = set(tmp_path.rglob("*"))
    told = collect(course, path, LESSON)

    assert found(course) == {"Ana Silva/x.ipynb": "1"}
    made = set(tmp_path.rglob("*")) - before
    assert all(path.is_relative_to(course / "submitted") or path.name == "gradebook.db" for path in made)
    assert told.count("its name leads out of its folder") == 5
    assert "link.ipynb: not taken, it is a link" in told
    assert "its name is too long" in told


def test_links_in_a_folder_of_files_are_not_followed(course: Path, tmp_path: Path) -> None:
    (tmp_path / "files" / "ana").mkdir(parents=True)
    (tmp_path / "files" / "ana" / NOTEBOOK).write_text("1")
    (tmp_path / "files" / "ana" / "y.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "files" / "bo").symlink_to("/etc")
    told = collect(course, tmp_path / "files", LESSON)

    assert found(course) == {f"ana/{NOTEBOOK}": "1"}
    assert told.count("it is a link") == 2


@pytest.mark.parametrize("inner", [False, True], ids=["a bomb", "a bomb in a learner's zip"])
def test_a_bomb_stops_collecting_before_anything_is_changed(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inner: bool
) -> None:
    monkeypatch.setattr("resnet_course.grading.collect.SPARE_BYTES", 2**20)
    bomb = {f"x{number}.ipynb": bytes(2**20) for number in range(8)}
    if inner:
        content = zipped(bomb, tmp_path / "inner.zip").read_bytes()
        bomb = {"Ana Silva_5_assignsubmission_file_/x.zip": content}
    else:
        bomb = {f"Ana Silva_5_assignsubmission_file_/{name}": content for name, content in bomb.items()}
    with pytest.raises(GradingError, match="unpacks to far more than a class hands in"):
        collect(course, zipped(bomb, tmp_path / "m.zip"), LESSON)

    assert sorted(path.name for path in course.iterdir()) == ["gradebook.db", "nbgrader_config.py"]


def test_what_an_archive_says_of_its_sizes_is_not_believed(course: Path, tmp_path: Path) -> None:
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.SafeExtractor.most_mib_a_file = 1\n")
    names = ("Ana Silva_5_assignsubmission_file_", "Bo Li_6_assignsubmission_file_")
    path = zipped({f"{names[0]}/x.ipynb": bytes(3 * 2**20), f"{names[1]}/y.ipynb": b"1"}, tmp_path / "m.zip")
    told = collect(course, path, LESSON)

    # Ana handed something in: an empty folder says so to the grader.
    assert found(course) == {"Bo Li/y.ipynb": "1"}
    assert (course / "submitted" / "Ana Silva" / LESSON).is_dir()
    assert "x.ipynb: not taken, it is larger than any notebook" in told


def test_a_damaged_file_costs_only_itself(course: Path, tmp_path: Path) -> None:
    files = {f"Ana Silva_5_assignsubmission_file_/{name}": name.encode() * 50 for name in ("a.ipynb", "b.ipynb")}
    path = zipped(files, tmp_path / "m.zip")
    content = bytearray(path.read_bytes())
    content[content.index(b"a.ipynb") + 8] ^= 0xFF
    path.write_bytes(content)
    told = collect(course, path, LESSON)

    assert list(found(course)) == ["Ana Silva/b.ipynb"]
    assert "a.ipynb: not taken, it is damaged" in told


def test_learners_cannot_say_when_they_handed_in(course: Path, tmp_path: Path, moodle: Moodle) -> None:
    uploads = [UPLOADS[0], Upload(ANA, "timestamp.txt", b"2001-01-01 00:00:00 UTC")]
    told = collect(course, moodle.download(LESSON, uploads, tmp_path / "m.zip"), LESSON)

    assert not list((course / "submitted").rglob("timestamp.txt"))
    assert "timestamp.txt: not taken, a learner cannot say when" in told


def test_a_learner_cannot_hand_in_for_another(course: Path, tmp_path: Path) -> None:
    moodle = Moodle([ANA, JOSE])
    take_roster(course, written(tmp_path, moodle.participants()))
    other = f"José María D’Ávila_{moodle.unique_id(LESSON, JOSE)}_assignsubmission_file_"
    inner = zipped({f"{other}/x.ipynb": b"evil"}, tmp_path / "i.zip").read_bytes()
    uploads = [
        Upload(ANA, f"{other}/x.ipynb", b"evil"),
        Upload(ANA, f"{other}x.ipynb", b"evil"),
        Upload(ANA, "w.zip", inner),
    ]
    for folders in (True, False):
        collect(course, moodle.download(LESSON, uploads, tmp_path / "m.zip", folders=folders), LESSON)

        assert {path.split("/")[0] for path in found(course)} == {"2024001"}


def test_names_do_not_reach_the_terminal_as_they_are(course: Path, tmp_path: Path) -> None:
    files = {
        "a_5_assignsubmission_file_/x.ipynb": b"1",
        "\x1b[31mred\x1b]0;x\x07_6_assignsubmission_file_/x.ipynb": b"2",
    }
    told = collect(course, zipped({**files, "\u202e\x9b.txt": b"3"}, tmp_path / "m.zip"), LESSON)

    assert all(character.isprintable() or character == "\n" for character in told)
    assert "�[31mred" in told


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "There is no "),
        (lambda path: path.write_bytes(b"no zip"), "is no zip file that can be read"),
        (lambda path: zipped({}, path), "Nothing was collected. A download is"),
        (lambda path: zipped({"readme.txt": b"", f"{NOTEBOOK}": b""}, path), None),
    ],
    ids=["no file", "no zip", "empty", "files of nobody"],
)
def test_what_cannot_be_collected_gets_a_sentence(
    course: Path, tmp_path: Path, make: object, sentence: str | None
) -> None:
    make(tmp_path / "m.zip")  # type: ignore[operator]
    if sentence is None:
        assert f"{NOTEBOOK}: not taken, its name does not tell whose" in collect(course, tmp_path / "m.zip", LESSON)
        return
    with pytest.raises(GradingError, match=sentence):
        collect(course, tmp_path / "m.zip", LESSON)
    assert not (course / "submitted").exists()


def test_mistakes_in_the_command_get_a_sentence(course: Path, tmp_path: Path) -> None:
    path = zipped({"a_5_assignsubmission_file_/x.ipynb": b"1"}, tmp_path / "m.zip")
    with pytest.raises(GradingError, match=r"There is no lesson 'm\.zip'\. The lessons are: 0"):
        collect(course, Path(LESSON), "m.zip")
    with pytest.raises(GradingError, match="There is no time zone 'Brasil'"):
        collect(course, path, LESSON, timezone="Brasil")
    with pytest.raises(GradingError, match="has no nbgrader_config"):
        collect(tmp_path, path, LESSON)


def test_nbgraders_own_command_collects_the_same(course: Path, tmp_path: Path, moodle: Moodle) -> None:
    take_roster(course, written(tmp_path, moodle.participants()))
    place = course / "downloaded" / LESSON / "archive"
    place.mkdir(parents=True)
    moodle.download(LESSON, UPLOADS, place / "m.zip")
    done = subprocess.run(
        [str(Path(sys.executable).parent / "nbgrader"), "zip_collect", LESSON],
        cwd=course,
        env=os.environ | {"COURSE_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert found(course) == BOTH


@pytest.mark.parametrize("name", ["D’Ávila, José", "d'avila jose", "DAVILA JOSE"])
def test_names_as_platforms_leave_them(name: str) -> None:
    assert loose(name) == "davilajose"


def test_the_limits_fit_a_class() -> None:
    extractor = SafeExtractor()

    assert extractor.most_mib_a_file * 2**20 > 20 * 2**20  # what the grader reads of a notebook
    assert extractor.most_files >= 2000 * 10
