"""Questions as an IMS content package of QTI 2.1: an item for each question, a test of all, and the manifest."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Sequence

from resnet_course.authoring.kit.gift import plain
from resnet_course.authoring.kit.quiz import Choice, Question

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
SCHEMAS = {
    QTI: "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
    PACKAGE: "http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd",
}
EARLIEST = (1980, 1, 1, 0, 0, 0)  # a date that a zip can hold: the same files each time make the same package

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

ITEM = """\
<assessmentItem xmlns="{ns}" xmlns:xsi="{xsi}" xsi:schemaLocation="{location}"
  identifier="{identifier}" title="{title}" adaptive="false" timeDependent="false" xml:lang="{language}">
  <responseDeclaration identifier="RESPONSE" cardinality="single" baseType="{base}">
    <correctResponse><value>{right}</value></correctResponse>
  </responseDeclaration>
  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float">
    <defaultValue><value>0</value></defaultValue>
  </outcomeDeclaration>{feedback_outcome}
  <itemBody>
    <div>{text}</div>
    {interaction}
  </itemBody>
  <responseProcessing>
    <responseCondition>
      <responseIf>
        {condition}
        <setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue>
      </responseIf>
    </responseCondition>{feedback_rule}
  </responseProcessing>{feedback}
</assessmentItem>
"""

MATCH = '<match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>'
EQUAL = '<equal {tolerance}><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></equal>'

FEEDBACK_OUTCOME = """
  <outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>"""
FEEDBACK_RULE = """
    <setOutcomeValue identifier="FEEDBACK"><baseValue baseType="identifier">WHY</baseValue></setOutcomeValue>"""
FEEDBACK = """
  <modalFeedback outcomeIdentifier="FEEDBACK" identifier="WHY" showHide="show">{why}</modalFeedback>"""

TEST = """\
<assessmentTest xmlns="{ns}" xmlns:xsi="{xsi}" xsi:schemaLocation="{location}"
  identifier="{identifier}" title="{title}">
  <testPart identifier="part" navigationMode="nonlinear" submissionMode="individual">
    <itemSessionControl showFeedback="true"/>
    <assessmentSection identifier="section" title="{title}" visible="true">
{references}
    </assessmentSection>
  </testPart>
</assessmentTest>
"""

MANIFEST = """\
<manifest xmlns="{ns}" xmlns:xsi="{xsi}" xsi:schemaLocation="{location}" identifier="MANIFEST-{identifier}">
  <metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion></metadata>
  <organizations/>
  <resources>
{resources}
  </resources>
</manifest>
"""


def identifier(question: Question) -> str:
    """Return a question's key as QTI allows identifiers: letters, digits, underscores, hyphens; a letter first.

    QTI allows periods too, but some engines split the names of variables at them.

    Examples
    --------
    >>> identifier(Question("road-a=-0.5", "02_residual_gradient", "en", "", ""))
    'Q-02-road-a--0-5'
    """
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"Q-{question.lesson[:2]}-{question.key}")


def item(question: Question) -> str:
    """Return a question as an XML file."""
    named = {f"C{place}": choice for place, choice in enumerate(question.choices, 1)}
    typed = question.answer is not None
    right = (
        plain(question.answer) if question.answer is not None else next(n for n, each in named.items() if each.right)
    )
    return HEAD + ITEM.format(
        ns=QTI,
        xsi=XSI,
        location=_location(QTI),
        identifier=identifier(question),
        title=html.escape(question.title),
        language=question.language,
        base="float" if typed else "identifier",
        right=right,
        text=question.text,
        interaction=_typed() if typed else _chosen(named),
        condition=EQUAL.format(tolerance=_tolerance(question.tolerance)) if typed else MATCH,
        feedback_outcome=FEEDBACK_OUTCOME if question.why else "",
        feedback_rule=FEEDBACK_RULE if question.why else "",
        feedback=FEEDBACK.format(why=question.why) if question.why else "",
    )


def _typed() -> str:
    return '<p><textEntryInteraction responseIdentifier="RESPONSE" expectedLength="12"/></p>'


def _tolerance(most: float) -> str:
    how = f'"absolute" tolerance="{plain(most)} {plain(most)}"' if most else '"exact"'
    return f"toleranceMode={how}"


def _chosen(named: dict[str, Choice]) -> str:
    choices = "\n".join(
        f'      <simpleChoice identifier="{name}">{choice.text}</simpleChoice>' for name, choice in named.items()
    )
    return f"""<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">
{choices}
    </choiceInteraction>"""


def _location(*namespaces: str) -> str:
    return " ".join(f"{each} {SCHEMAS[each]}" for each in namespaces)


def files(questions: Sequence[Question], name: str, title: str) -> dict[str, str]:
    """Return the files of a package: their names and texts.

    Parameters
    ----------
    questions : sequence of Question
        What is asked.
    name : str
        What the test is called in the package.
    title : str
        Its heading.
    """
    items = {f"items/{identifier(each)}.xml": item(each) for each in questions}
    references = "\n".join(
        f'      <assessmentItemRef identifier="{identifier(each)}" href="items/{identifier(each)}.xml"/>'
        for each in questions
    )
    test = HEAD + TEST.format(
        ns=QTI,
        xsi=XSI,
        location=_location(QTI),
        identifier=f"T-{name}",
        title=html.escape(title),
        references=references,
    )
    return {"imsmanifest.xml": _manifest(questions, name), "test.xml": test, **items}


def _manifest(questions: Sequence[Question], package: str) -> str:
    dependencies = "".join(f'\n      <dependency identifierref="R-{identifier(each)}"/>' for each in questions)
    test = f"""    <resource identifier="R-{package}" type="imsqti_test_xmlv2p1" href="test.xml">
      <file href="test.xml"/>{dependencies}
    </resource>"""
    resources = [
        f"""    <resource identifier="R-{name}" type="imsqti_item_xmlv2p1" href="items/{name}.xml">
      <file href="items/{name}.xml"/>
    </resource>"""
        for name in map(identifier, questions)
    ]
    return HEAD + MANIFEST.format(
        ns=PACKAGE,
        xsi=XSI,
        location=_location(PACKAGE),
        identifier=package,
        resources="\n".join([test, *resources]),
    )


def package(questions: Sequence[Question], name: str, title: str) -> bytes:
    """Return a package as a zip, the same bytes for the same questions."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files(questions, name, title).items():
            archive.writestr(zipfile.ZipInfo(path, EARLIEST), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
