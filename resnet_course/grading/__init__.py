"""What instructors grade with; learners import none of it, but may check their notebook with it before handing in."""

import sys

# jsonschema, which nbformat imports, checks internationalised addresses where this package is installed: it takes a
# second to import, in every process, and no notebook has such addresses to check.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


class GradingError(RuntimeError):
    """Grading cannot begin or go on; the text, in the language of the course, says why and what to do."""
