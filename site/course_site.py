"""What the site adds to Sphinx: formulas, anchors, words of the glossary, search, the other language."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import sphinx.search
from docutils import nodes
from latex2mathml.converter import convert
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.search import pt
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from resnet_course.authoring.site import API
from resnet_course.language import course_language, find, languages, speaking
from resnet_course.release import GLOSSARY

GLOSSARY_PAGE = f"learn/{GLOSSARY}"
LETTER = r'<mi mathvariant="normal">(\w)</mi>'


# Formulas -----------------------------------------------------------------------------------------------------------


def mathml(formula: str, display: str) -> str:
    r"""Return a formula as MathML, which browsers set by themselves.

    Examples
    --------
    >>> mathml(r"\mathrm{BN}", "inline").count("<mi>BN</mi>")
    1
    """
    made: str = convert(formula, display=display)
    # A name of several letters is one word, also to those who hear it.
    return re.sub(f"(?:{LETTER}){{2,}}", lambda found: f"<mi>{''.join(re.findall(LETTER, found[0]))}</mi>", made)


def inline_formula(self: Any, node: nodes.Element) -> None:
    self.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def formula(self: Any, node: nodes.Element) -> None:
    self.body.append(f'<div class="math">{mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


# Anchors ------------------------------------------------------------------------------------------------------------


class SharedAnchors(SphinxTransform):
    """Names anchors after labels ``page/anchor`` alone: those of a heading are the same in each language."""

    default_priority = 300  # after docutils has given the labels' ids to what they stand before

    def apply(self, **kwargs: Any) -> None:
        """Change the ids of one page."""
        document = self.document
        for name in [each for each in document.nameids if "/" in each and document.nameids[each]]:
            old, new = document.nameids[name], name.rpartition("/")[2]
            node = document.ids.pop(old)
            node["ids"] = [new if each == old else each for each in node["ids"]]
            document.nameids[name], document.ids[new] = new, node
        for section in document.findall(nodes.section):
            ours = [each.rpartition("/")[2] for each in section["names"] if "/" in each]
            if ours:  # the heading's own first, for it is what links in the page's contents lead to
                section["ids"] = sorted(set(ours), key=lambda each: each.startswith("cell-"))


class NoEmptyHeads(SphinxTransform):
    """Takes away the empty heads that Markdown demands of tables that need none."""

    default_priority = 300

    def apply(self, **kwargs: Any) -> None:
        """Change the tables of one page."""
        for head in [each for each in self.document.findall(nodes.thead) if not each.astext().strip()]:
            head.parent.remove(head)


# Glossary -----------------------------------------------------------------------------------------------------------


class GlossaryTerm(nodes.reference):
    """A word that leads to the glossary, and its meaning, which shows while the word is pointed at or has the focus."""


class GlossaryTerms(SphinxPostTransform):
    """Gives each link to the glossary the word's meaning."""

    default_priority = 20  # after links have found where they lead
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Change the links of one page."""
        if self.env.docname == GLOSSARY_PAGE:
            return
        for number, link in enumerate(list(self.document.findall(nodes.reference))):
            page, _, key = link.get("refuri", "").partition("#")
            if page.endswith(f"{GLOSSARY}.html") and key:
                word = GlossaryTerm("", "", *link.children, **link.attributes)
                word["key"], word["number"], word["meaning"] = key, number, self.meaning(key)
                link.replace_self(word)

    def meaning(self, key: str) -> nodes.paragraph:
        """Return the first paragraph of a word's entry, without links: they would stand inside another."""
        document = self.env.get_doctree(GLOSSARY_PAGE)
        section = next(each for each in document.findall(nodes.section) if key in each["ids"])
        meaning = next(section.findall(nodes.paragraph)).deepcopy()
        for link in [*meaning.findall(nodes.reference), *meaning.findall(addnodes.pending_xref)]:
            link.replace_self(link.children)
        return meaning


def visit_term(self: Any, node: GlossaryTerm) -> None:
    self.body.append(f'<span class="term"><a href="{node["refuri"]}" aria-describedby="meaning-{node["number"]}">')


def depart_term(self: Any, node: GlossaryTerm) -> None:
    self.body.append(f'</a><span role="tooltip" class="meaning" id="meaning-{node["number"]}"> ')
    for child in node["meaning"].children:
        child.walkabout(self)
    self.body.append("</span></span>")


# Search -------------------------------------------------------------------------------------------------------------


def folded(word: str) -> str:
    """Return a Portuguese word without accents, in the singular where the plural changes more than its end.

    Examples
    --------
    >>> folded("convolução"), folded("convoluções")
    ('convolucao', 'convolucao')
    """
    plain = unicodedata.normalize("NFD", word.lower())
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    return re.sub("oes$", "ao", plain)


# Of the two stemmers that Sphinx brings along for each language, this is the one for the reader's browser.
BROWSER = Path(sphinx.search.__file__).parent / "minified-js"
STEMMER = """
window.Stemmer = function () {
  const portuguese = new PortugueseStemmer();
  this.stemWord = (word) =>
    portuguese.stemWord(word.toLowerCase().normalize("NFD").replace(/\\p{M}/gu, "").replace(/oes$/, "ao"));
};
"""


class Portuguese(pt.SearchPortuguese):
    """Search in which words are found with their accents and without them."""

    stopwords = frozenset(map(folded, pt.SearchPortuguese.stopwords)) | pt.SearchPortuguese.stopwords
    js_stemmer_rawcode = ""
    js_stemmer_code = "\n".join(
        [*((BROWSER / f"{name}-stemmer.js").read_text(encoding="utf-8") for name in ("base", "portuguese")), STEMMER]
    )

    def stem(self, word: str) -> str:
        """Return what a word is found by; `STEMMER` does the same in the reader's browser."""
        return super().stem(folded(word))


# Pages --------------------------------------------------------------------------------------------------------------


def add_languages(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Tell the templates of a page where it stands in the other languages."""
    # The API is in English only: whoever leaves it comes to the page that leads there.
    page = "read/index" if pagename.startswith(API) else pagename
    context["other_languages"] = []
    for code in languages():
        if code != course_language():
            with speaking(code):
                words = find("site")
            context["other_languages"].append(
                {"name": words["name"], "locale": words["locale"].replace("_", "-"), "page": f"../{code}/{page}.html"}
            )
    context["words"] = find("site")
    # The corner of a table is no head of anything.
    context["body"] = context.get("body", "").replace('<th class="head"><p></p></th>', "<td></td>")


def name_buttons(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give the buttons that open a part of the theme's list of pages a name."""
    made = context["generate_toctree_html"]
    name = f'<summary aria-label="{find("site.below")}">'
    context["generate_toctree_html"] = lambda *given, **named: str(made(*given, **named)).replace("<summary>", name)


def mark_language(app: Sphinx, document: nodes.document) -> None:
    """Say in what language a page is that has no text in the site's own; its title and first remark are the site's."""
    spoken = app.env.metadata[app.env.current_document.docname].get("spoken")
    for part in next(document.findall(nodes.section)).children[2:] if spoken else ():
        if isinstance(part, nodes.Element) and "note" not in part["classes"]:
            part["classes"].append(f"language-{spoken}")  # docutils writes it as lang


def add_files(app: Sphinx, config: Any) -> None:
    """Let the figures of the lessons be copied as they are."""
    config.html_extra_path = [str(app.srcdir / "extra")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of this."""
    app.add_html_math_renderer("mathml", (inline_formula, None), (formula, None))
    app.add_transform(SharedAnchors)
    app.add_transform(NoEmptyHeads)
    app.add_post_transform(GlossaryTerms)
    app.add_node(GlossaryTerm, html=(visit_term, depart_term))
    app.add_search_language(Portuguese)
    app.connect("config-inited", add_files)
    app.connect("doctree-read", mark_language)
    app.connect("html-page-context", add_languages)
    app.connect("html-page-context", name_buttons, priority=900)  # after the theme has added what makes the list
    return {"parallel_read_safe": True, "parallel_write_safe": True}
