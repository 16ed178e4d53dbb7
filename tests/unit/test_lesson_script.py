"""A bad lesson script gets an error with file and line; a good one becomes a notebook."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from resnet_course import checks
from resnet_course.authoring.assemble import make_notebook
from resnet_course.authoring.lint import CODE_WIDTH, lint, structure
from resnet_course.authoring.script import LessonError, read_lesson, stub_of
from resnet_course.language import languages
from resnet_course.release import git_ref, repository

GOOD = """\
# %% [markdown] lang="en"
# # A lesson

# %% [markdown] lang="pt"
# # Uma lição

# %% setup=true

# %% [markdown] lang="en" banner="conv3x3"
# ## Exercise 1

# %% [markdown] lang="pt" banner="conv3x3"
# ## Exercício 1

# %% exercise="conv3x3" difficulty=1 minutes=5
def conv3x3(in_planes, out_planes, stride=1):
    ### BEGIN SOLUTION
    return in_planes
    ### END SOLUTION

# %% check="conv3x3" points=10
checks.conv3x3(conv3x3)

# %% predict="size"
### BEGIN SOLUTION
# was: prediction = {"size": ...}
prediction = {"size": 3}
### END SOLUTION

# %%
expect(prediction, {"size": int})
compare_prediction(prediction, {"size": 3})
"""


@pytest.fixture(autouse=True)
def one_exercise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LESSONS", {"03_basic_block": ("conv3x3",)})


def write(folder: Path, text: str) -> Path:
    path = folder / "03_basic_block.py"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(LessonError) as caught:
        read_lesson(write(folder, text))
    return [f"{problem.line}: {problem.text}" for problem in caught.value.problems]


def test_a_good_script_is_read(tmp_path: Path) -> None:
    lesson = read_lesson(write(tmp_path, GOOD))

    assert [cell.kind for cell in lesson.cells].count("prose") == 4
    assert lesson.points("conv3x3") == 10


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('# %% [markdown] lang="pt"\n# # Uma lição\n\n', "", "1: this prose cell has no twin in 'pt' beside it"),
        ('# %% [markdown] lang="en"\n# # A lesson\n\n', "", "1: this prose cell has no twin in 'en' beside it"),
        (
            '# %% [markdown] lang="pt"\n# # Uma',
            '# %% [markdown] lang="pt"\n# # Dupla\n\n# %% [markdown] lang="pt"\n# # Uma',
            "7: this prose cell has no twin in 'en' beside it",
        ),
        ('lang="pt"\n# # Uma', 'lang="fr"\n# # Uma', "4: prose needs lang=, one of: en, pt; it has 'fr'"),
        ('[markdown] lang="en"\n# # A', "[markdown]\n# # A", "1: prose needs lang=, one of: en, pt; it has None"),
        (
            'exercise="conv3x3"',
            'exercise="conv5x5"',
            "15: unknown exercise 'conv5x5'; this lesson has: conv3x3",
        ),
        (
            '# %% check="conv3x3" points=10',
            '# %% exercise="conv3x3"\n1\n\n# %% check="conv3x3" points=10',
            '21: duplicate id: exercise="conv3x3" stands twice (several answer cells need part=)',
        ),
        (
            '# %% predict="size"',
            '# %% check="conv3x3" points=0\nchecks.conv3x3(conv3x3)\n\n# %% predict="size"',
            '24: duplicate id: check="conv3x3" stands twice (several answer cells need part=)',
        ),
        ("points=10", "points=9", "21: the points add up to 9, not 10 (conv3x3 9)"),
        ("points=10", 'points="ten"', "21: points must be a whole number above 0, not 'ten'"),
        ("points=10", "", "21: points must be a whole number above 0, not None"),
        ("checks.conv3x3(conv3x3)", "assert True", '21: check="conv3x3" must be exactly the line'),
        ("minutes=5", "minutes=5 hours=2", "15: unknown attribute hours on a exercise cell"),
        ("difficulty=1", "difficulty=6", "15: difficulty must be 1 to 5, not 6"),
        ("minutes=5", 'minutes="some"', "15: minutes must be a whole number of minutes, not 'some'"),
        (' banner="conv3x3"', "", "9: banner= stands on one of these twins only"),
        (
            'lang="en" banner="conv3x3"',
            'lang="en" banner="other"',
            '9: banner="other" names no exercise of this lesson',
        ),
        (
            "    ### BEGIN SOLUTION\n    return in_planes\n    ### END SOLUTION",
            "    return in_planes",
            "15: the stub is the whole solution: there is no solution region to remove",
        ),
        ("    return in_planes\n", "", "17: the solution region is empty: removing it leaves the stub solved"),
        ("    ### END SOLUTION", "", "17: `### BEGIN SOLUTION` and `### END SOLUTION` do not come in pairs"),
        ("### BEGIN SOLUTION\n    r", "## BEGIN SOLUTION\n    r", "17: a solution marker must be exactly"),
        (
            "    ### BEGIN SOLUTION\n    return in_planes",
            "    if in_planes:\n    ### BEGIN SOLUTION\n        return in_planes",
            "18: the stub, which is the solution with its regions removed, is not Python",
        ),
        (
            "checks.conv3x3(conv3x3)\n",
            "### BEGIN SOLUTION\nchecks.conv3x3(conv3x3)\n### END SOLUTION\n",
            "22: a solution region stands outside an exercise or predict cell",
        ),
        ("# %% setup=true\n", "", "1: a lesson needs one cell with setup=true; this one has 0"),
        ("# %% setup=true\n", "# %% setup=true\nimport os\n", "7: the setup cell must be empty: build stamps it"),
        (
            "# %% setup=true\n",
            '# %% setup=true gpu="T4"\n',
            "7: gpu must be true, or not stand there at all; it is 'T4'",
        ),
        (
            'lang="en"\n# # A lesson',
            'lang="en"\n# A lesson',
            "1: a lesson must begin with prose that has a first-level",
        ),
        ("    return in_planes", "    return in planes", "18: not Python"),
        ('# %% [markdown] lang="en"\n# # A', 'x = 1\n\n# %% [markdown] lang="en"\n# # A', "1: text stands before"),
    ],
)
def test_a_bad_script_gets_an_error_with_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    found = problems(tmp_path, GOOD.replace(old, new, 1))

    assert any(each.startswith(expected) for each in found), found


def test_twins_may_stand_in_any_order(tmp_path: Path) -> None:
    english, portuguese = '# %% [markdown] lang="en"\n# # A lesson\n\n', '# %% [markdown] lang="pt"\n# # Uma lição\n\n'
    swapped = GOOD.replace(english + portuguese, portuguese + english)
    assert swapped != GOOD

    ids = [
        [cell.id for cell in make_notebook(read_lesson(write(tmp_path, text)), "en").cells] for text in (GOOD, swapped)
    ]
    assert ids[0] == ids[1]


def test_an_exercise_without_banner(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD.replace(' banner="conv3x3"', ""))

    assert found == ['15: exercise="conv3x3" has no prose with banner="conv3x3"']


def test_an_exercise_without_check_and_a_check_without_exercise(tmp_path: Path) -> None:
    without_check = GOOD.replace('# %% check="conv3x3" points=10\nchecks.conv3x3(conv3x3)\n', "")
    assert '15: exercise="conv3x3" has no check="conv3x3"' in problems(tmp_path, without_check)

    start, end = GOOD.index("# %% exercise="), GOOD.index("# %% check=")
    without_exercise = GOOD[:start] + GOOD[end:]
    assert '15: check="conv3x3" has no exercise="conv3x3" before it' in problems(tmp_path, without_exercise)
    assert '1: there is no cell with exercise="conv3x3"' in problems(tmp_path, without_exercise)


def test_an_unknown_lesson_lists_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "99_unknown.py"
    path.write_text(GOOD, encoding="utf-8")

    with pytest.raises(LessonError, match=r"unknown lesson '99_unknown'; .* has: 03_basic_block"):
        read_lesson(path)


def test_an_error_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match=r"03_basic_block\.py:21: the points add up to 9"):
        read_lesson(write(tmp_path, GOOD.replace("points=10", "points=9")))


def test_the_notebook_has_one_language_and_nbgraders_metadata(tmp_path: Path) -> None:
    lesson = read_lesson(write(tmp_path, GOOD))
    notebooks = {language: make_notebook(lesson, language) for language in languages()}

    prose = {language: notebooks[language].cells[0].source for language in languages()}
    assert prose == {"en": "# A lesson", "pt": "# Uma lição"}
    assert [cell.id for cell in notebooks["en"].cells] == [cell.id for cell in notebooks["pt"].cells]
    graded = next(cell for cell in notebooks["en"].cells if cell.id == "conv3x3")
    assert graded.metadata["nbgrader"] == {
        "grade": True, "grade_id": "conv3x3", "locked": True, "points": 10,
        "schema_version": 3, "solution": False, "task": False,
    }  # fmt: skip


@pytest.mark.parametrize("language", languages())
def test_the_setup_cell_is_short_and_plain_python_even_for_an_old_one(tmp_path: Path, language: str) -> None:
    notebook = make_notebook(read_lesson(write(tmp_path, GOOD)), language)
    cell = next(cell for cell in notebook.cells if cell.id == "setup")
    setup = cell.source

    # Colab and Jupyter show its title alone.
    assert setup.startswith("# @title ")
    assert cell.metadata == {"cellView": "form", "jupyter": {"source_hidden": True}}
    ast.parse(setup, feature_version=(3, 7))
    assert f'language="{language}"' in setup
    # Where the package is missing its sentences must stand here, with an address, on up to three lines.
    assert len(setup.splitlines()) <= 22
    assert max(map(len, setup.splitlines())) <= CODE_WIDTH


def test_no_line_of_prose_ends_inside_a_size(tmp_path: Path) -> None:
    text = GOOD.replace("# # A lesson\n", "# # A lesson\n#\n# A 1 × 1 convolution, C × H × W\n", 1)
    notebook = make_notebook(read_lesson(write(tmp_path, text)), "en")

    assert notebook.cells[0].source.endswith("A 1\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}1 convolution, C × H × W")


def test_a_check_cell_can_be_the_first_that_runs(tmp_path: Path) -> None:
    notebook = make_notebook(read_lesson(write(tmp_path, GOOD)), "en")
    cell = next(cell for cell in notebook.cells if cell.id == "conv3x3")

    assert cell.source == "from resnet_course import checks\nchecks.conv3x3(conv3x3)" == checks.conv3x3.cell


def test_colab_is_asked_for_a_gpu_only_where_the_lesson_says_so(tmp_path: Path) -> None:
    with_gpu = GOOD.replace("# %% setup=true\n", "# %% setup=true gpu=true\n")
    asked, usual = (make_notebook(read_lesson(write(tmp_path, text)), "pt") for text in (with_gpu, GOOD))

    assert (asked.metadata["accelerator"], asked.metadata["colab"]) == ("GPU", {"gpuType": "T4"})
    assert {"accelerator", "colab"}.isdisjoint(usual.metadata)
    assert asked.cells == usual.cells


def test_a_cell_added_in_the_middle_leaves_the_other_ids_alone(tmp_path: Path) -> None:
    before = make_notebook(read_lesson(write(tmp_path, GOOD)), "en")
    more = GOOD.replace("# %% exercise=", "# %%\nx = 1\n\n# %% exercise=")
    after = make_notebook(read_lesson(write(tmp_path, more)), "en")

    assert {cell.id for cell in before.cells} < {cell.id for cell in after.cells}


def test_a_region_with_broken_code_leaves_it_to_the_learner() -> None:
    source = "def f(x):\n    ### BEGIN SOLUTION\n    # was: x += 1\n    x = x + 1\n    ### END SOLUTION\n    return x"

    assert stub_of(source) == "def f(x):\n    x += 1\n    return x"


def findings(folder: Path, text: str) -> list[str]:
    return [problem.text for problem in lint(read_lesson(write(folder, text)))]


def test_lint_is_silent_on_a_good_lesson(tmp_path: Path) -> None:
    assert findings(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("english", "portuguese", "expected"),
    [
        ("# ## Title", "# ### Título", "headings differ"),
        ("# $x^2$", "# $x^3$", "formulas differ"),
        ("# [here](https://a.org)", "# [aqui](https://b.org)", "links differ"),
        ("# ![alt](a.png)", "# ![alt](b.png)", "images differ"),
        ("# use `conv1`", "# use `conv2`", "code differ"),
        ("# - one\n# - two", "# - um", "list items differ"),
        ("# fine", "# o bias da camada", "'bias': escreva 'viés'"),
        ("# a skip connection", "# um atalho", "'skip connection': write 'shortcut'"),
        ("# fine", "# os pesos do ImageNet", "'do ImageNet': a ImageNet é feminina"),
        ("# fine", "# uma pequena parcela dos erros", "'parcela': escreva 'fração'"),
        ("# a neural network", "# uma rede", "'neural network': write 'net'"),
        ("# fine", "# o **corpo** (*backbone*) e o backbone", "'backbone': escreva 'corpo'"),
        ("# " + "word " * 121, "# palavra", "121 words in one cell"),
    ],
)
def test_lint_names_twins_that_disagree_and_words_to_avoid(
    tmp_path: Path, english: str, portuguese: str, expected: str
) -> None:
    pair = f'# %% [markdown] lang="en"\n{english}\n\n# %% [markdown] lang="pt"\n{portuguese}\n'
    found = findings(tmp_path, f"{GOOD}\n{pair}")

    assert any(expected in each for each in found), found


@pytest.mark.parametrize(
    ("english", "portuguese"),
    [
        ("# a backbone", "# o **corpo** (*backbone*)"),  # introduced once, in italics
        ("# a term", "# a segunda parcela da soma"),
        ("# a network", "# um formato como `:.4f`"),
    ],
)
def test_lint_lets_words_stand_where_they_mean_something_else(tmp_path: Path, english: str, portuguese: str) -> None:
    pair = f'# %% [markdown] lang="en"\n{english}\n\n# %% [markdown] lang="pt"\n{portuguese}\n'

    assert [each for each in findings(tmp_path, f"{GOOD}\n{pair}") if "escreva" in each or "write" in each] == []


LINKED = """
# %% [markdown] lang="en"
# ## Three numbers · `mean` and *more*
#
# [up](#{en})

# %% [markdown] lang="pt"
# ## Três números · `mean` e *mais*
#
# [para cima](#{pt})
"""


@pytest.mark.parametrize(
    ("en", "pt", "expected"),
    [
        ("Exercise-1", "Três-números-·-mean-e-mais", []),
        ("A-lesson", "Nada", ["no heading of this lesson is #Nada; they are: #Uma-lição, #Exercício-1, #Três-"]),
        ("Exercício-1", "Uma-lição", ["no heading of this lesson is #Exercício-1; they are: #A-lesson, #Exercise-1,"]),
    ],
)
def test_lint_names_a_link_within_a_lesson_that_leads_nowhere(
    tmp_path: Path, en: str, pt: str, expected: list[str]
) -> None:
    found = findings(tmp_path, GOOD + LINKED.format(en=en, pt=pt))

    assert len(found) == len(expected)
    assert all(text.startswith(start) for text, start in zip(found, expected, strict=True)), found


def test_lint_names_a_function_that_reads_a_global_of_the_notebook(tmp_path: Path) -> None:
    found = findings(tmp_path, GOOD + "\n# %%\ndepth = 3\n\n\ndef deeper(x):\n    return x + depth\n")

    assert found == ["deeper reads 'depth', a global of the notebook; make it an argument"]


def test_lint_lets_functions_use_functions_classes_and_imports(tmp_path: Path) -> None:
    code = "import math\n\n\ndef one():\n    return math.pi\n\n\ndef two():\n    return [one() for _ in range(3)]\n"

    assert findings(tmp_path, f"{GOOD}\n# %%\n{code}") == []


def test_lint_names_code_that_is_too_wide(tmp_path: Path) -> None:
    assert "learners see 100" in findings(tmp_path, f"{GOOD}\n# %%\nx = '{'a' * 100}'\n")[0]


ASKING = 'expect(prediction, {"size": int})\n'


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        (ASKING, "", 30, "this cell may give the answer away: it must begin with `expect(prediction, …)`"),
        (ASKING, f"torch.zeros(3)\n{ASKING}", 30, "this cell may give the answer away"),
        (ASKING, 'expect(predicted, {"size": int})\n', 30, "this cell may give the answer away"),
        (f"# %%\n{ASKING}", f"# %%\nprint(3)\n\n# %%\n{ASKING}", 30, "this cell may give the answer away"),
        (GOOD[GOOD.index(f"# %%\n{ASKING}") :], "", 24, "no cell begins with `expect(prediction, …)`"),
    ],
)
def test_lint_wants_each_guess_asked_for_before_its_experiment(
    tmp_path: Path, old: str, new: str, line: int, expected: str
) -> None:
    assert old in GOOD
    (found,) = lint(read_lesson(write(tmp_path, GOOD.replace(old, new))))

    assert (found.path, found.line) == (tmp_path / "03_basic_block.py", line)
    assert expected in found.text


@pytest.mark.parametrize("between", ["import math", "def area(size):\n    return size**2", "class Size:\n    pass"])
def test_lint_lets_definitions_stand_between_a_guess_and_its_experiment(tmp_path: Path, between: str) -> None:
    assert findings(tmp_path, GOOD.replace(f"# %%\n{ASKING}", f"# %%\n{between}\n\n\n# %%\n{ASKING}")) == []


def test_lint_names_texts_in_code_without_twin_and_twins_with_other_code(tmp_path: Path) -> None:
    code = 'print("the loss")\n\nprint("one")\n# pt: print("um", 1)'
    problems = list(lint(read_lesson(write(tmp_path, f"{GOOD}\n# %%\n{code}\n"))))

    last = GOOD.count("\n") + 2
    assert [problem.line - last for problem in problems] == [4, 1]
    assert "has other code than the one above it" in problems[0].text
    assert "'the loss' needs its twin: a line `# pt: …` below it" in problems[1].text


def test_a_twin_is_as_wide_as_what_learners_see_of_it(tmp_path: Path) -> None:
    text = "a" * (CODE_WIDTH - len("x = ''"))

    assert findings(tmp_path, f"{GOOD}\n# %%\nx = '{text}'\n# pt: x = '{text[1:]}b'\n") == []
    assert "learners see 100" in findings(tmp_path, f"{GOOD}\n# %%\nx = ''\n# pt: x = '{text}b'\n")[0]


def test_a_text_in_code_changes_no_cells_id(tmp_path: Path) -> None:
    code = '\n# %%\nprint("loss")\n'
    before, after = (
        make_notebook(read_lesson(write(tmp_path, GOOD + cell)), "pt").cells
        for cell in (code, code + '# pt: print("perda")\n')
    )

    assert [cell.id for cell in after] == [cell.id for cell in before]
    assert (before[-1].source, after[-1].source) == ('print("loss")', 'print("perda")')


def test_structure_ignores_the_words() -> None:
    assert structure("# One\n$x$ and `y`") == structure("# Um\n$x$ e `y`")


def test_prose_gets_the_address_and_the_lessons_of_the_course(tmp_path: Path) -> None:
    text = GOOD.replace("# ## Exercise 1\n", "# ## Exercise 1\n#\n# {repository}/issues\n#\n# {lessons}\n")
    text = text.replace("# ## Exercício 1\n", "# ## Exercício 1\n#\n# {repository}/issues\n#\n# {lessons}\n")
    for language, lesson in {"en": "The BasicBlock", "pt": "O gargalo"}.items():
        prose = "\n".join(cell.source for cell in make_notebook(read_lesson(write(tmp_path, text)), language).cells)

        assert f"{repository()}/issues" in prose
        assert f"· {lesson}](../0" in prose
        assert f"/blob/{git_ref()}/notebooks/{language}/04_bottleneck/04_bottleneck.ipynb)" in prose


def test_a_lesson_that_is_not_graded_has_no_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "NOT_GRADED", ("03_basic_block",))
    monkeypatch.setattr(checks, "GRADED", ())

    assert problems(tmp_path, GOOD) == ["21: this lesson is not graded: points=0"]
    made = make_notebook(read_lesson(write(tmp_path, GOOD.replace("points=10", "points=0"))), "en")
    check = next(cell for cell in made.cells if cell.id == "conv3x3")
    assert (check.metadata["nbgrader"]["grade"], check.metadata["nbgrader"]["points"]) == (True, 0)
    assert any("not graded" in cell.source for cell in made.cells)
