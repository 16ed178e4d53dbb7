"""What instructors grade with; learners import none of it, but may check their notebook with it before handing in."""


class GradingError(RuntimeError):
    """Grading cannot begin or go on; the text, in the language of the course, says why and what to do."""
