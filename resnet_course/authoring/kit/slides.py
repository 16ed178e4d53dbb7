"""Slides of a lesson's figures: one each, with its heading in the lesson, its alt text, and a sentence on it.

They are a page for reveal.js, which lies beside them: nothing comes from a server. Each picture bears its own title,
which says what was found, and is a file of its own, which goes into anybody's slides as well.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from resnet_course.authoring.kit.marked_up import inline
from resnet_course.authoring.kit.outline import Outline, is_optional
from resnet_course.authoring.kit.words import word
from resnet_course.language import speaking
from resnet_course.release import colab_address

IMAGE = re.compile(r'<img [^>]*?alt="([^"]+)"[^>]*?src="data:image/(png|jpeg);base64,([^"]+)"')
CAPTION = re.compile(r"\.figures\.([\w-]+)")
EXPLANATION = re.compile(r"\*\*(?:Explanation|Explicação)\.\*\* ")
MOST_CHARACTERS = 230  # under a figure, if it is more than one sentence
SENTENCE_END = re.compile(r"(?<=[.!])\s+(?=[^\sa-z])")
FONTS = re.compile(r"@import[^;]+;|@font-face\s*\{[^}]*\}")
REVEAL = ("dist/reset.css", "dist/reveal.css", "dist/reveal.js", "dist/theme/white.css", "LICENSE")
NODE_MODULES = Path("instructor", "node_modules", "reveal.js")


@dataclass(frozen=True)
class Slide:
    """A figure of a lesson.

    Parameters
    ----------
    heading : str
        Under which heading of the lesson it stands, as XHTML.
    name : str
        The file of the picture.
    picture : bytes
        What is in it.
    alt : str
        What a reader who does not see it should know.
    sentence : str
        What it means, as XHTML; where the lesson goes on without saying so, what it shows.
    described : bool
        Whether the sentence says what the alt text says.
    """

    heading: str
    name: str
    picture: bytes
    alt: str
    sentence: str
    described: bool


def figures(lesson: Outline, explained: Sequence[str] = ()) -> list[Slide]:
    """Return a slide for each figure of a lesson, without those of sections that may be skipped.

    Parameters
    ----------
    lesson : Outline
        The lesson.
    explained : sequence of str
        The captions of those figures that the prose after them explains without saying *Explanation*.
    """
    found: list[Slide] = []
    heading, skipped = lesson.title, False
    titles = {each.cell: each for each in lesson.sections}
    optional = {each.cell for each in lesson.optional}
    cells = lesson.notebook.cells
    for place, cell in enumerate(cells):
        if cell.id in titles:
            heading, skipped = titles[cell.id].title, cell.id in optional and is_optional_here(lesson, cell.id)
        if cell.cell_type != "code" or skipped:
            continue
        caption = CAPTION.search(cell.source)
        after = cells[place + 1 : place + 2]
        following = after[0].source if after and after[0].cell_type == "markdown" else ""
        for output in cell.outputs:
            for alt, kind, data in IMAGE.findall(str(output.get("data", {}).get("text/html", ""))):
                explanation = _explaining(following, caption is not None and caption[1] in explained)
                alt = html.unescape(alt)
                found.append(
                    Slide(
                        heading=inline(heading),
                        name=f"{len(found) + 1:02d}.{kind.replace('jpeg', 'jpg')}",
                        picture=base64.b64decode(data),
                        alt=alt,
                        sentence=inline(_shortened(explanation or alt)),
                        described=not explanation,
                    )
                )
    return found


def is_optional_here(lesson: Outline, cell: str) -> bool:
    """Tell whether the heading in a cell, or the one above it, says that its section may be skipped."""
    above = False
    for section in lesson.sections:
        if section.level == 2:
            above = is_optional(section)
        if section.cell == cell:
            return above or is_optional(section)
    return False


def _explaining(following: str, explained: bool) -> str:
    labelled = EXPLANATION.match(following)
    if not (labelled or explained):
        return ""
    return following[labelled.end() if labelled else 0 :].split("\n\n")[0]


def _shortened(paragraph: str) -> str:
    """Return the first sentence of a paragraph, and those after it for which there is room."""
    first, *more = SENTENCE_END.split(paragraph.replace("\n", " "))
    for sentence in more:
        if len(f"{first} {sentence}") > MOST_CHARACTERS or sentence.startswith("("):
            break
        first += f" {sentence}"
    return first


def write_slides(to: Path, lesson: Outline, explained: Sequence[str], reveal: str) -> list[Path]:
    """Write a lesson's slides and pictures into a folder, and return the files.

    Parameters
    ----------
    to : Path
        The folder.
    lesson : Outline
        The lesson.
    explained : sequence of str
        See `figures`.
    reveal : str
        Where reveal.js lies, seen from the folder.
    """
    slides = figures(lesson, explained)
    pictures = to / "figures"
    pictures.mkdir(parents=True, exist_ok=True)
    for each in slides:
        (pictures / each.name).write_bytes(each.picture)
    page = to / "slides.html"
    with speaking(lesson.language):
        how, words = word("slides.keys"), {name: word(f"slides.{name}") for name in ("end", "open")}
    text = _template().render(
        language={"pt": "pt-BR"}.get(lesson.language, lesson.language),
        title=re.sub("[`$]", "", lesson.title),
        aims=[inline(each) for each in lesson.aims],
        slides=slides,
        reveal=reveal,
        how=how,
        words=words,
        address=colab_address(lesson.lesson, lesson.language),
    )
    page.write_text(text, encoding="utf-8")
    return [page, *(pictures / each.name for each in slides)]


def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template(
        "slides.html"
    )


def bring_reveal(root: Path, to: Path) -> bool:
    """Copy what the slides need of reveal.js beside them; return whether it was there to copy.

    ``npm install --prefix instructor`` brings it, in the version that ``instructor/package.json`` names.
    """
    if not (root / NODE_MODULES).is_dir():
        return False
    to.mkdir(parents=True, exist_ok=True)
    for name in REVEAL:
        text = (root / NODE_MODULES / name).read_text(encoding="utf-8")
        # The theme's fonts stay behind: the slides use those of the machine.
        (to / Path(name).name).write_text(FONTS.sub("", text) if name.endswith(".css") else text, "utf-8")
    return True
