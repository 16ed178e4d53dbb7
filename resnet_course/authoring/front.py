"""The pictures of the READMEs, made from what the course is now: `make pictures`.

Figures come from the solved notebooks, cards from the checks, drawings and badges from the package. A photograph of a
card differs from one machine to the next, so each PNG file says what it was made from, and only that is compared.
"""

from __future__ import annotations

import hashlib
import html
import io
import re
import shutil
import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from resnet_course import checks
from resnet_course.authoring import CourseError
from resnet_course.authoring.build import solved_path
from resnet_course.checks import card
from resnet_course.checks.observing import quiet
from resnet_course.checks.registry import attribute, find_check
from resnet_course.language import DEFAULT, languages, speaking
from resnet_course.release import repository
from resnet_course.thumbnails import thumbnail

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = ".github/pictures"
MADE_FROM = "Source"  # one of the keywords that PNG knows: what a picture was made from, as a digest
WIDTH = 410  # pixels: two stand side by side in a README on a large screen, and one fills a phone
MARGIN = 24  # pixels of white around a figure, which a dark page needs

# The figures: a file's name, the lesson, and the caption by which the cell that draws it is found.
FIGURES = {
    "training": ("01_vanishing_gradient", "01_vanishing_gradient.figures.cured"),
    "gradient": ("02_residual_gradient", "02_residual_gradient.figures.road"),
}
# The cards: a file's name, and the line with which the answer ends. The first is the solved one's.
LESSON, EXERCISE = "03_basic_block", "basic-block"
ENDINGS = {"passed": "return self.relu(out + identity)", "not-yet": "return self.relu(out) + identity"}

PAGE = """\
<!doctype html><html lang="{language}"><meta charset="utf-8"><style>
body {{ margin: 0; background: #fff; color: #1f2328; font: 14px/1.45 "DejaVu Sans", Verdana, sans-serif }}
main {{ width: {width}px; box-sizing: border-box; padding: 12px }}
code, pre {{ font: 12px/1.5 "DejaVu Sans Mono", monospace }}
.line {{ margin: 0 0 8px; padding: 8px 10px; background: #f3f3f3 }}
</style><main><pre class="line">{line}</pre>{card}</main></html>"""

BADGE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{text}">'
    '<rect width="{width}" height="20" rx="3" fill="#0059B3"/>'
    '<text x="8" y="14" textLength="{inner}" fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
    "{text}</text></svg>"
)


@dataclass(frozen=True)
class Figure:
    """A figure, as the output of a solved notebook holds it."""

    alt: str
    source: str


@dataclass(frozen=True)
class Photo:
    """A page of which Chromium makes a picture."""

    alt: str
    source: str


@dataclass(frozen=True)
class Drawing:
    """A vector graphic, which is its own source."""

    alt: str
    source: str


Picture = Figure | Photo | Drawing


def pictures(root: Path) -> dict[str, Picture]:
    """Return what the READMEs show, by its path in the course folder."""
    made: dict[str, Picture] = {f"{FOLDER}/{name}.svg": drawing for name, drawing in _drawings(root)}
    for language in languages():
        for name, (lesson, caption) in FIGURES.items():
            made[f"{FOLDER}/{language}/{name}.png"] = _figure(_solved(root, lesson, language), caption)
        for name, ending in ENDINGS.items():
            made[f"{FOLDER}/{language}/{name}.png"] = _card(_solved(root, LESSON, language), ending, language)
    return made


def _solved(root: Path, lesson: str, language: str) -> NotebookNode:
    return nbformat.read(solved_path(root, lesson, language), as_version=4)


def _drawings(root: Path) -> Iterator[tuple[str, Drawing]]:
    for lesson in checks.GRADED:
        yield lesson, Drawing("", b64decode(thumbnail(lesson).partition(",")[2]).decode() + "\n")
    facts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    licence = facts["license"].replace(" AND ", " · ").replace("CC-BY-", "CC BY ")
    for name, text in (("python", f"Python {facts['requires-python'].replace('>=', '≥ ')}"), ("licence", licence)):
        inner = round(6.6 * len(text))
        yield name, Drawing(text, BADGE.format(width=inner + 16, inner=inner, text=html.escape(text)) + "\n")


def _figure(notebook: NotebookNode, caption: str) -> Figure:
    """Return the figure that the cell with a caption shows."""
    (cell,) = (each for each in notebook.cells if f'"{caption}"' in each.source)
    (shown,) = (each.data["text/html"] for each in cell.outputs if "text/html" in each.get("data", {}))
    return Figure(html.unescape(re.findall(r' alt="([^"]*)"', shown)[0]), shown)


def _card(notebook: NotebookNode, ending: str, language: str) -> Photo:
    """Return the last line of an answer, and the card that the course gives it."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    imports = code[[cell.id for cell in code].index("setup") + 1]
    exercises = checks.LESSONS[LESSON]
    needed = exercises[: exercises.index(EXERCISE) + 1]
    answers = [cell.source for cell in code if checks.exercise_of(cell.id) in needed]
    if answers[-1].count(ENDINGS["passed"]) != 1:
        raise CourseError(f"the solved answer to {EXERCISE} does not end with {ENDINGS['passed']!r} any more")
    check = find_check(attribute(EXERCISE))
    namespace: dict[str, Any] = {}
    with quiet(), speaking(language):
        for source in (imports.source, *answers):
            exec(source.replace(ENDINGS["passed"], ending), namespace)
        verdict, observation, _ = check.try_out(tuple(namespace[name] for name in check.answers))
        if verdict.passed != (ending == ENDINGS["passed"]):
            raise CourseError(f"{ending!r} gets the card {verdict.key!r}")
        made = card.make_card(check, verdict, observation, tries=1)
        if made.report:
            made = replace(made, report=repository())  # its address tells this machine's versions
        page = PAGE.format(language=language, width=WIDTH, line=html.escape(ending), card=made.html())
    return Photo(" · ".join(line.strip() for line in (ending, *made.text().splitlines())), page)


def stale(root: Path, made: Mapping[str, Picture]) -> list[str]:
    """Return the paths of pictures that are missing, or were made from something else."""
    return [path for path, picture in made.items() if not _is_fresh(root / path, picture)]


def _is_fresh(path: Path, picture: Picture) -> bool:
    if not path.is_file():
        return False
    if isinstance(picture, Drawing):
        return path.read_text(encoding="utf-8") == picture.source
    with Image.open(path) as image:
        return image.info.get(MADE_FROM) == _digest(picture)


def _digest(picture: Picture) -> str:
    return hashlib.sha256(picture.source.encode()).hexdigest()


def with_alt_texts(text: str, made: Mapping[str, Picture]) -> str:
    """Return a README in which each picture has the alt text of what it shows.

    Examples
    --------
    >>> with_alt_texts('<img alt="old" src="a.png">', {"a.png": Figure("new", "")})
    '<img alt="new" src="a.png">'
    """
    for path, picture in made.items():
        new = f'alt="{html.escape(picture.alt)}" src="{path}"'
        text = re.sub(rf'alt="[^"]*" src="{re.escape(path)}"', new.replace("\\", r"\\"), text)
    return text


def readmes(root: Path) -> dict[str, Path]:
    """Return the README of each language that has one: README.md, README.pt-BR.md."""
    found = {DEFAULT: root / "README.md"}
    return found | {path.name.split(".")[1].split("-")[0]: path for path in sorted(root.glob("README.*.md"))}


def write(root: Path, made: Mapping[str, Picture]) -> list[str]:
    """Make the pictures that are stale, give the READMEs their alt texts, and return what was written."""
    written = stale(root, made)
    photos = {path: picture for path in written if isinstance(picture := made[path], Photo)}
    images = _photographs(photos) if photos else {}
    for path in written:
        picture = made[path]
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(picture, Drawing):
            (root / path).write_text(picture.source, encoding="utf-8", newline="\n")
        elif isinstance(picture, Figure):
            _save(root / path, _pixels(picture), _digest(picture), MARGIN)
        else:
            _save(root / path, images[path], _digest(picture), 0)  # its page has a margin of its own
    for readme in readmes(root).values():
        before = readme.read_text(encoding="utf-8")
        after = with_alt_texts(before, made)
        if after != before:
            readme.write_text(after, encoding="utf-8", newline="\n")
            written.append(readme.name)
    return written


def _pixels(figure: Figure) -> bytes:
    return b64decode(re.findall(r'src="data:image/png;base64,([^"]+)"', figure.source)[0])


def _save(path: Path, png: bytes, digest: str, margin: int) -> None:
    facts = PngInfo()
    facts.add_text(MADE_FROM, digest)
    with Image.open(io.BytesIO(png)) as image:
        framed = ImageOps.expand(image.convert("RGB"), margin, "white")
        # 64 colours are enough for lines and letters, and need a third of the bytes.
        framed.quantize(64).save(path, optimize=True, pnginfo=facts)


def _photographs(photos: Mapping[str, Photo]) -> dict[str, bytes]:
    from playwright.sync_api import sync_playwright  # only whoever makes pictures has it

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise CourseError("Chromium is not installed, and it makes the pictures of cards")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
        page = browser.new_page(device_scale_factor=2)
        made = {}
        for path, photo in photos.items():
            page.set_content(photo.source)
            made[path] = page.locator("main").screenshot()
        browser.close()
    return made


if __name__ == "__main__":
    try:
        for name in write(Path.cwd(), pictures(Path.cwd())):
            print(f"wrote {name}")
    except CourseError as error:
        sys.exit(str(error))
