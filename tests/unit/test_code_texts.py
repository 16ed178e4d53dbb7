"""The texts in a lesson's code stand there in every language; the code itself is one."""

from __future__ import annotations

import pytest

from resnet_course.authoring.code_texts import faults, in_language, same_code, untranslated

CELL = '''\
def double(x):
    """twice a number"""
    # pt: """o dobro de um número"""
    ### BEGIN SOLUTION
    return 2 * x  # the sum of two
    # pt: return 2 * x  # a soma de dois
    ### END SOLUTION


result = double(3)
print(f"{result=:.1f}")
# pt: print(f"resultado={result:.1f}")'''


def test_each_language_sees_its_own_lines_and_none_of_the_others() -> None:
    english, portuguese = in_language(CELL, "en"), in_language(CELL, "pt")

    assert '"""twice a number"""' in english
    assert "# pt:" not in english + portuguese
    assert "dobro" not in english
    assert portuguese.splitlines() == [
        "def double(x):",
        '    """o dobro de um número"""',
        "    ### BEGIN SOLUTION",
        "    return 2 * x  # a soma de dois",
        "    ### END SOLUTION",
        "",
        "",
        "result = double(3)",
        'print(f"resultado={result:.1f}")',
    ]


def test_a_cell_without_twins_is_the_same_in_all_languages() -> None:
    assert in_language("x = 1\n\ny = 2\n", "pt") == "x = 1\n\ny = 2\n"


def test_only_strings_and_comments_may_differ() -> None:
    assert list(faults(CELL)) == []
    assert same_code('print(f"{x=:.1f}")', 'print(f"o x é {x:.1f}")  # isso')
    assert not same_code('print(f"{x:.1f}")', 'print(f"{x:.2f}")')
    assert not same_code('print(f"{x}")', 'print(f"{y}")')
    assert not same_code("x = 1", "x =")


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("# pt: return 2 * x", "# pt: return 3 * x", 6, "other code"),
        ("resultado={result:.1f}", "resultado={result:.2f}", 12, "other code"),
        ("    # pt: return 2 * x", "    # pt: return 2 * x)", 6, "other code"),
        ("# a soma de dois", "# the sum of two", 6, "nothing differs"),
        ('def double(x):\n    """twice', '# pt: twice\ndef double(x):\n    """twice', 1, "no line of code above"),
    ],
)
def test_a_twin_with_other_code_is_named_with_its_line(old: str, new: str, line: int, expected: str) -> None:
    assert old in CELL
    found = list(faults(CELL.replace(old, new, 1)))

    assert [(number, expected in text) for number, text in found] == [(line, True)]


def test_the_broken_code_of_a_solution_region_keeps_its_twin_too() -> None:
    cell = """\
### BEGIN SOLUTION
# was: width = planes  # TODO: the width inside
# pt: # was: width = planes  # TODO: a largura interna
width = 2 * planes
### END SOLUTION"""

    assert list(faults(cell)) == []
    assert "# was: width = planes  # TODO: a largura interna" in in_language(cell, "pt")
    other = cell.replace("# pt: # was: width = planes", "# pt: # was: width = 1")
    assert [number for number, _ in faults(other)] == [3]


@pytest.mark.parametrize(
    "code",
    [
        'def f(x):\n    """the slope of f"""',
        "x = 1  # only shapes",
        "# was: x = 1  # TODO: the width inside",
        'print("layer", 1)',
        'print(f"{unchanged=}")',
        'print(f"{share:.1%} of the images")',
        'raise ValueError(f"{name!r} is unknown")',
        'table([{"net": 1, "the blocks": 2}])',
        'shapes.table([{"width": 1}])',
    ],
)
def test_a_text_without_twin_is_found(code: str) -> None:
    found = list(untranslated(code))

    assert len(found) == 1
    assert found[0][0] == len(code.splitlines())


@pytest.mark.parametrize(
    "code",
    [
        'def f(x):\n    """[N, C, H, W] -> [N, C_out, H, W]"""',
        "x = 1  # fmt: skip",
        "### BEGIN SOLUTION",
        'print(name, f"{accuracy(net, held_out)=:.1%}")',  # the code itself, with its value
        'print("relu", 1e-5, sep="\\n")',
        'plots.lines("01_vanishing_gradient.figures.slopes", {"plain": 1})',
        'ways_prediction = {"worst with 2": ...}',  # the key that the learner must keep
        'print("depth")\n# pt: print("profundidade")',
    ],
)
def test_names_of_things_and_code_need_no_twin(code: str) -> None:
    assert list(untranslated(code)) == []
