"""The teacher's kit: plans that add up, questions with one right answer, files that others can read."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from kernel import ROOT
from programs import GIFT_PARSER, HUB, demand
from pyslet.qtiv2.expressions import Equal
from pyslet.qtiv2.variables import ItemSessionState
from pyslet.qtiv2.xml import QTIDocument

from resnet_course.authoring.kit import gift, outline, pages, plan, qti, quiz, slides, slips, stuck, words
from resnet_course.authoring.lint import avoided
from resnet_course.checks import GRADED, LESSONS
from resnet_course.grading.class_report import ClassResults
from resnet_course.grading.item_analysis import Item, Misconception
from resnet_course.language import languages, speaking
from resnet_course.questions import MAKERS, ask
from resnet_course.review import agrees, read_number, said

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pyslet")

BOTH = [(lesson, language) for lesson in GRADED for language in languages()]
MATHML = "{http://www.w3.org/1998/Math/MathML}"


@cache
def told(lesson: str, language: str = "en") -> outline.Outline:
    return outline.outline(ROOT, lesson, language)


@cache
def questions(lesson: str, language: str) -> tuple[quiz.Question, ...]:
    return tuple(quiz.quiz(ROOT, lesson, language))


PARTS = ("question", "answer")


def kit() -> dict:
    return words.read_kit(ROOT)


# --- plans --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lesson", GRADED)
def test_the_pieces_of_a_lesson_add_up_to_its_minutes(lesson: str) -> None:
    facts = json.loads((ROOT / "resnet_course" / "lessons.json").read_text())[lesson]
    pieces = told(lesson).pieces
    assert sum(each.minutes for each in pieces) == facts["minutes"]
    assert [each.minutes for each in pieces if each.kind == "exercise"] == [e["minutes"] for e in facts["exercises"]]
    assert min(each.minutes for each in pieces) > 0


@pytest.mark.parametrize("lesson", GRADED)
@pytest.mark.parametrize(("length", "count"), pages.LENGTHS)
def test_every_plan_adds_up_and_leaves_nothing_out(lesson: str, length: int, count: int) -> None:
    asked = [told(lesson).section(entry["before"]) for entry in kit()[lesson]["room"]]
    made = plan.plan(told(lesson).pieces, asked, length, count)

    assert [sum(row.minutes for row in rows) for rows in made.sessions] == [length] * count
    in_class = [row for rows in made.sessions for row in rows]
    everything = [*in_class, *made.homework]
    for piece in told(lesson).pieces:
        assert sum(row.minutes for row in everything if row.piece is piece) == piece.minutes
    assert [row.question for row in in_class if row.question] == [1, 2, 3]
    assert all(row.minutes > 0 for row in everything)


@pytest.mark.parametrize("lesson", GRADED)
def test_all_languages_have_the_same_plan(lesson: str) -> None:
    shapes = [
        [(each.kind, each.minutes, [section.cell for section in each.sections]) for each in told(lesson, code).pieces]
        for code in languages()
    ]
    assert all(shape == shapes[0] for shape in shapes)


def test_what_does_not_fit_is_homework_and_what_is_short_leaves_time_in_hand() -> None:
    piece = outline.Piece("exercise", (outline.Section("Exercise 1", "a", 2),), 60)
    made = plan.plan([piece], [], 50, 1)
    assert [(row.part, row.minutes) for row in made.sessions[0]] == [("whole", 5), ("begin", 40), ("whole", 5)]
    assert [(row.part, row.minutes) for row in made.homework] == [("finish", 20)]

    short = plan.plan([outline.Piece("read", piece.sections, 20)], [], 50, 1)
    assert ("spare", 20) in [(row.kind, row.minutes) for row in short.sessions[0]]
    assert not short.homework


# --- what a person wrote ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lesson", GRADED)
def test_each_lesson_has_three_questions_for_the_room_in_every_language(lesson: str) -> None:
    room = kit()[lesson]["room"]
    places = [told(lesson).headings.index(entry["before"]) for entry in room]
    assert len(room) == 3
    assert places == sorted(places)
    for entry in room:
        for code in languages():
            assert "?" in entry["question"][code]
            assert entry["answer"][code]


@pytest.mark.parametrize("lesson", GRADED)
def test_wrong_answers_to_read_have_cards_of_their_own_exercise(lesson: str) -> None:
    for entry in kit()[lesson]["code"]:
        path = ROOT / stuck.BANK / lesson / f"{entry['answer']}.py"
        keys = [stuck.expected(path), *entry["others"]]
        assert len(set(keys)) == len(keys)
        for code in languages():
            with speaking(code):
                titles = stuck.titles(lesson, path.parent.name.replace("_", "-"), keys)
            assert len(set(titles)) == len(titles)
            assert not any("{" in each for each in titles)


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_captions_that_are_explained_belong_to_figures(lesson: str, language: str) -> None:
    explained = kit()[lesson]["explained"]
    with_them, without = (slides.figures(told(lesson, language), each) for each in (explained, ()))
    changed = sum(one.sentence != other.sentence for one, other in zip(with_them, without, strict=True))
    assert changed == len(explained)


def test_the_words_of_the_kit_are_the_same_in_every_language() -> None:
    def keys(language: str) -> set[str]:
        texts = words.catalogue(language)
        return {
            f"{table}.{name} {sorted(re.findall(r'{[a-z]+}', text))}"
            for table, entries in texts.items()
            for name, text in entries.items()
        }

    assert keys("en") == keys("pt")


def test_the_words_of_the_kit_are_all_used() -> None:
    texts = words.catalogue("en")
    assert set(texts["slips"]) == {slip for each in slips.SLIPS.values() for slip, _ in each}
    assert set(texts["titles"]) == {*MAKERS, "prediction", "code"}


@pytest.mark.parametrize("language", languages())
def test_the_kit_calls_things_what_the_course_calls_them(language: str) -> None:
    said = [text for table in words.catalogue(language).values() for text in table.values()]
    said += [entry[part][language] for each in kit().values() for entry in each["room"] for part in PARTS]
    assert [(text[:60], advice) for text in said for _, advice in avoided(text, language)] == []


# --- questions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_a_question_has_one_right_answer(lesson: str, language: str) -> None:
    for each in questions(lesson, language):
        if each.answer is None:
            assert sum(choice.right for choice in each.choices) == 1, each.key
            assert len({choice.text for choice in each.choices}) == len(each.choices) >= 2, each.key
        else:
            assert not each.choices


def test_a_title_does_not_give_the_answer_away() -> None:
    for lesson in GRADED:
        titles = " ".join(each.title for each in questions(lesson, "en"))
        assert not any(entry["answer"].partition("/")[2] in titles for entry in kit()[lesson]["code"])


@pytest.mark.parametrize("name", MAKERS)
def test_the_answers_are_computed_by_the_course_and_mistakes_give_other_numbers(name: str) -> None:
    lesson = MAKERS[name][0]
    mine = {each.key: each for each in questions(lesson, "en")}
    with speaking("en"):
        first = ask(name, quiz.drawn(name, quiz.best_turn(name)))
        chosen = mine[name if isinstance(first.answer, bool) else f"{name}-choice"]
        right = next(choice.text for choice in chosen.choices if choice.right)
        wrong = [choice.text for choice in chosen.choices if not choice.right]
        if isinstance(first.answer, bool):
            assert right == said(first.answer)
            return
        assert agrees(read_number(right), first.answer)
        assert wrong
        assert not any(agrees(read_number(each), first.answer) for each in wrong)

        typed = mine[f"{name}-number"]
        turn = next(turn for turn in range(1, quiz.TRIES) if asks(name, turn) == typed.text)
        second = quiz.figures_of(name, turn)
        assert agrees(typed.answer, second["answer"])
        for _, value in slips.slips(name, second):
            assert abs(value - typed.answer) > typed.tolerance
        assert typed.text != chosen.text


def asks(name: str, turn: int) -> str:
    return f"<p>{quiz.inline(ask(name, quiz.drawn(name, turn)).text)}</p>"


@pytest.mark.parametrize("lesson", GRADED)
def test_predictions_are_those_that_the_built_lesson_measured(lesson: str) -> None:
    notebook = told(lesson).notebook
    for key in kit()[lesson]["predictions"]:
        place = next(place for place, cell in enumerate(notebook.cells) if cell.id == f"predict-{key}")
        outputs = [o for cell in notebook.cells[place + 1 :] if cell.cell_type == "code" for o in cell.outputs]
        table = next(t for o in outputs if (t := o.get("data", {}).get("text/plain", "")).startswith("key "))
        rows = table.splitlines()[1:]
        assert len(rows) == len(quiz.solved(notebook, key))
        assert all(row.rstrip().endswith("✓") for row in rows), table


@pytest.mark.parametrize("lesson", GRADED)
def test_all_languages_have_the_same_questions(lesson: str) -> None:
    def shape(language: str) -> list[tuple[object, ...]]:
        return [
            (each.key, each.answer, each.tolerance, [choice.right for choice in each.choices], bool(each.why))
            for each in questions(lesson, language)
        ]

    assert shape("pt") == shape("en")


def test_numbers_are_written_as_the_language_writes_them() -> None:
    with speaking("pt"):
        assert (quiz.shown(0.25), quiz.shown(36864), quiz.shown(-2.0)) == ("0,25", "36.864", "−2")
    (slope,) = (each for each in questions("01_vanishing_gradient", "pt") if each.key == "sigmoid-slope-choice")
    assert all(re.fullmatch(r"0,\d+", choice.text) for choice in slope.choices)


def test_titles_are_for_people() -> None:
    for each in (each for pair in BOTH for each in questions(*pair)):
        assert "`" not in each.title
        assert each.key not in each.title or each.key == "projection"  # a word of its own
    titles = [each.title for each in questions("03_basic_block", "pt") if each.key.startswith("sizes-")]
    assert titles == [f"Previsão: Uma convolução: o que acontece com o tamanho? ({place})" for place in (1, 2, 3)]


def test_formulas_are_mathml_and_nothing_leads_out_of_a_question() -> None:
    for each in (each for pair in BOTH for each in questions(*pair)):
        texts = [each.text, each.why, *(text for choice in each.choices for text in (choice.text, choice.feedback))]
        for text in texts:
            assert "$" not in text
            assert "href" not in text
            ElementTree.fromstring(f"<div>{text}</div>")  # well-formed, so that QTI can hold it
    (order,) = (each for each in questions("03_basic_block", "en") if each.key == "order-larger")
    names = [each.text for each in ElementTree.fromstring(f"<div>{order.text}</div>").iter(f"{MATHML}mtext")]
    assert names == ["ReLU", "ReLU"]


# --- GIFT ---------------------------------------------------------------------------------------------------------


def text_of(part: dict | None) -> str:
    return part["text"] if part else ""


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_a_parser_that_others_wrote_reads_the_same_questions_from_gift(lesson: str, language: str) -> None:
    node = demand(GIFT_PARSER)
    mine = questions(lesson, language)
    script = f"""
        const {{ parse }} = require({json.dumps(str(HUB / "node_modules" / "gift-pegjs"))});
        const text = require("fs").readFileSync(0, "utf8");
        console.log(JSON.stringify(parse(text)));
    """
    done = subprocess.run(
        [node, "-e", script], input=gift.gift(mine, "course", "a/b"), capture_output=True, text=True, check=True
    )
    category, *found = json.loads(done.stdout)
    assert category["title"] == "$course$/top/course/a//b"
    for question, read in zip(mine, found, strict=True):
        assert read["title"] == question.title
        assert read["stem"] == {"format": "html", "text": question.text}
        assert text_of(read["globalFeedback"]) == question.why
        if question.answer is not None:
            assert read["type"] == "Numerical"
            assert read["choices"]["number"] == pytest.approx(question.answer)
            assert read["choices"].get("range", 0) == pytest.approx(question.tolerance)
        else:
            assert read["type"] == "MC"
            assert [
                (choice["text"]["text"], choice["isCorrect"], text_of(choice["feedback"])) for choice in read["choices"]
            ] == [(choice.text, choice.right, choice.feedback) for choice in question.choices]


# --- QTI ----------------------------------------------------------------------------------------------------------


def read_item(text: str) -> QTIDocument:
    document = QTIDocument()
    document.read(src=io.BytesIO(text.encode()))
    return document


def score(item: str, answer: str) -> float:
    """Return what pyslet, which is not ours, gives for an answer."""
    root = read_item(item).root
    for each in root.find_children_depth_first(Equal):
        each.tolerance = each.tolerance and each.tolerance.split()  # pyslet forgets that it is a list
    session = ItemSessionState(root)
    session.begin_session()
    session["numAttempts"].set_value(1)
    session["RESPONSE"].set_value(answer)
    session.end_attempt()
    return session["SCORE"].value


@pytest.mark.parametrize("lesson", GRADED)
def test_an_engine_that_others_wrote_gives_the_point_to_the_right_answer_only(lesson: str) -> None:
    for each in questions(lesson, "en"):
        item = qti.item(each)
        if each.answer is None:
            points = [score(item, f"C{place}") for place in range(1, len(each.choices) + 1)]
            assert points == [float(choice.right) for choice in each.choices]
        else:
            assert score(item, gift.plain(each.answer)) == 1
            beyond = 2 * each.tolerance or 1
            assert [score(item, gift.plain(each.answer + far)) for far in (-beyond, beyond)] == [0, 0]


@pytest.mark.parametrize("lesson", GRADED)
def test_the_engine_reads_the_items_of_all_languages(lesson: str) -> None:
    for code in languages():
        for each in questions(lesson, code):
            root = read_item(qti.item(each)).root
            assert root.identifier == qti.identifier(each)
            assert root.title == each.title


def test_the_engine_notices_another_right_answer() -> None:
    item = qti.item(next(each for each in questions("03_basic_block", "en") if each.choices))
    right = next(name for name in ("C1", "C2") if f"<value>{name}</value>" not in item)
    changed = re.sub(r"(<correctResponse><value>)C\d", rf"\1{right}", item)
    assert (score(item, right), score(changed, right)) == (0, 1)


def resources(package: bytes) -> Iterator[tuple[ElementTree.Element, list[str]]]:
    archive = zipfile.ZipFile(io.BytesIO(package))
    manifest = ElementTree.fromstring(archive.read("imsmanifest.xml"))
    for each in manifest.iter(f"{{{qti.PACKAGE}}}resource"):
        yield each, [file.get("href") for file in each.iter(f"{{{qti.PACKAGE}}}file")]


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_the_manifest_lists_each_file_once_and_the_test_each_item(lesson: str, language: str) -> None:
    mine = questions(lesson, language)
    package = qti.package(mine, "test", "A test")
    archive = zipfile.ZipFile(io.BytesIO(package))
    listed = [name for _, names in resources(package) for name in names]
    assert sorted([*listed, "imsmanifest.xml"]) == sorted(archive.namelist())

    known = {each.get("identifier"): each for each, _ in resources(package)}
    test = next(each for each in known.values() if each.get("type") == "imsqti_test_xmlv2p1")
    needed = [each.get("identifierref") for each in test.iter(f"{{{qti.PACKAGE}}}dependency")]
    assert set(needed) == set(known) - {test.get("identifier")}

    references = ElementTree.fromstring(archive.read("test.xml")).iter(f"{{{qti.QTI}}}assessmentItemRef")
    items = {each.get("href"): each.get("identifier") for each in references}
    for name, identifier in items.items():
        root = ElementTree.fromstring(archive.read(name))
        assert root.tag == f"{{{qti.QTI}}}assessmentItem"
        assert root.get("identifier") == identifier
    assert len(items) == len(mine)


# What the schema imsqti_v2p1.xsd (final release) says of the elements that we write: the order in which an item's parts
# come, with how many of each we allow ourselves, and the attributes that none may be without.
ORDER = [
    ("responseDeclaration", 1, 1),
    ("outcomeDeclaration", 1, 2),
    ("itemBody", 1, 1),
    ("responseProcessing", 1, 1),
    ("modalFeedback", 0, 1),
]
REQUIRED = {
    "assessmentItem": {"identifier", "title", "timeDependent"},
    "responseDeclaration": {"identifier", "cardinality", "baseType"},
    "outcomeDeclaration": {"identifier", "cardinality", "baseType"},
    "choiceInteraction": {"responseIdentifier", "maxChoices"},
    "textEntryInteraction": {"responseIdentifier"},
    "simpleChoice": {"identifier"},
    "setOutcomeValue": {"identifier"},
    "variable": {"identifier"},
    "correct": {"identifier"},
    "baseValue": {"baseType"},
    "equal": {"toleranceMode"},
    "modalFeedback": {"outcomeIdentifier", "identifier", "showHide"},
    "assessmentTest": {"identifier", "title"},
    "testPart": {"identifier", "navigationMode", "submissionMode"},
    "assessmentSection": {"identifier", "title", "visible"},
    "assessmentItemRef": {"identifier", "href"},
}
OPERANDS = {"match": 2, "equal": 2, "setOutcomeValue": 1}
# Periods are allowed there, but some engines split the names of variables at them.
IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_-]*"


def name_of(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_the_parts_of_an_item_come_in_the_order_of_the_schema(lesson: str, language: str) -> None:
    pattern = "".join(f"(?:{name} ){{{least},{most}}}" for name, least, most in ORDER)
    for each in questions(lesson, language):
        root = ElementTree.fromstring(qti.item(each))
        assert re.fullmatch(pattern, "".join(f"{name_of(part)} " for part in root))
        body = root.find(f"{{{qti.QTI}}}itemBody")
        assert {name_of(part) for part in body} <= {"div", "p", "choiceInteraction"}
        assert not (body.text or "").strip() and not any((part.tail or "").strip() for part in body)


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_no_element_lacks_what_the_schema_demands(lesson: str, language: str) -> None:
    for text in qti.files(questions(lesson, language), "test", "A test").values():
        for element in ElementTree.fromstring(text).iter():
            name = name_of(element)
            assert REQUIRED.get(name, set()) <= set(element.attrib), name
            assert len(element) == OPERANDS.get(name, len(element)), name
            named = {key: value for key, value in element.attrib.items() if key.lower().endswith("identifier")}
            assert all(re.fullmatch(IDENTIFIER, value) for value in named.values()), named


def test_a_tolerance_is_positive_or_the_number_exact() -> None:
    exact, near = (quiz.Question("q", "03_basic_block", "en", "", "", answer=3.0, tolerance=each) for each in (0, 0.5))

    assert '<equal toleranceMode="exact">' in qti.item(exact)
    assert '<equal toleranceMode="absolute" tolerance="0.5 0.5">' in qti.item(near)


def test_what_explains_an_answer_is_shown_in_a_test_too() -> None:
    """Without being asked, an engine shows no feedback after the last try, and of tries there is one."""
    test = qti.files(questions("03_basic_block", "en"), "test", "A test")["test.xml"]
    (part,) = ElementTree.fromstring(test).iter(f"{{{qti.QTI}}}testPart")

    assert name_of(part[0]) == "itemSessionControl"
    assert part[0].attrib == {"showFeedback": "true"}


def test_the_same_questions_make_the_same_package() -> None:
    mine = questions("03_basic_block", "en")
    assert qti.package(mine, "test", "A test") == qti.package(mine, "test", "A test")


# --- pages and slides ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("kit")
    pages.write_kit(ROOT, to, wanted=["00_start_here", "03_basic_block"])
    return to


@pytest.mark.parametrize("language", languages())
def test_a_page_leads_only_to_files_that_are_there(written: Path, language: str) -> None:
    for page in (written / language).glob("*.md"):
        for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
            if not target.startswith("https://"):
                assert (page.parent / target).is_file(), target
    assert (written / language / "00_start_here.md").is_file()


@pytest.mark.parametrize("language", languages())
def test_the_first_page_tells_of_slides_where_there_are_some(language: str) -> None:
    with speaking(language):
        with_slides, without = (pages.index(GRADED, each) for each in (True, False))

    assert "lides" in with_slides and "lides" not in without


def test_a_lesson_that_is_made_alone_leaves_the_others_on_the_first_page(tmp_path: Path) -> None:
    for lesson in GRADED[:2]:
        pages.write_kit(ROOT, tmp_path, wanted=[lesson])

    assert all(f"({lesson}.md)" in (tmp_path / "pt" / "index.md").read_text() for lesson in GRADED[:2])


def test_links_lead_where_the_site_wants_them(tmp_path: Path) -> None:
    pages.write_kit(ROOT, tmp_path, link=lambda lesson, language, cell: f"../{lesson}.html#{cell}", wanted=GRADED[2:3])
    text = (tmp_path / "en" / f"{GRADED[2]}.md").read_text()
    assert "/blob/" not in text
    assert f"(../{GRADED[2]}.html#" in text


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_each_figure_has_a_slide_with_its_alt_text(lesson: str, language: str, tmp_path: Path) -> None:
    notebook = told(lesson, language).notebook
    html = [str(o.get("data", {}).get("text/html", "")) for c in notebook.cells for o in c.get("outputs", [])]
    alts = {slides.html.unescape(alt) for each in html for alt, _, _ in slides.IMAGE.findall(each)}
    made = slides.figures(told(lesson, language), kit()[lesson]["explained"])
    assert made
    assert {each.alt for each in made} <= alts
    assert all(each.picture[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0") for each in made)

    page, *pictures = slides.write_slides(tmp_path, told(lesson, language), kit()[lesson]["explained"], "../reveal")
    text = page.read_text()
    assert f'<html lang="{"pt-BR" if language == "pt" else language}">' in text
    assert len(pictures) == text.count("<img ") == len(made)
    assert re.findall(r'(?:src|href)="(?!figures/|\.\./reveal/|https://colab)([^"]+)"', text) == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_stuck_names_cards_that_the_bank_has(lesson: str) -> None:
    for code in languages():
        with speaking(code):
            found = stuck.misunderstandings(ROOT, lesson)
        assert list(found) == list(LESSONS[lesson])
        assert all(0 < len(cards) <= stuck.MOST for cards in found.values())
        assert all(each.answers > 0 and "{" not in each.title for cards in found.values() for each in cards)


@pytest.mark.parametrize(("language", "share"), [("en", "11 of 20 have it right"), ("pt", "11 de 20 acertaram")])
def test_what_a_class_was_told_comes_first(language: str, share: str, tmp_path: Path) -> None:
    lesson, grade_id, rare = "03_basic_block", "conv3x3", "dilated"
    with speaking(language):
        before = [each.key for each in stuck.misunderstandings(ROOT, lesson)[grade_id]]
        results = ClassResults(
            lessons=(lesson,),
            learners=20,
            submissions=20,
            unseen=0,
            unkept=0,
            items=[Item(lesson, grade_id, 20, 11, 0, None)],
            misconceptions=[Misconception(lesson, grade_id, rare, first=7)],
            hints=[],
            names={},
        )
        first = stuck.misunderstandings(ROOT, lesson, results)[grade_id][0]
    assert before[0] != rare
    assert (first.key, first.learners) == (rare, 7)

    pages.write_kit(ROOT, tmp_path, results, wanted=[lesson])
    text = (tmp_path / language / f"{lesson}.md").read_text()
    assert share in text
    assert re.search(rf"\*\*{re.escape(first.title)}\.\*\* \(\w+: 7\)", text)
