"""From lesson scripts to notebooks; learners never import this."""


class CourseError(Exception):
    """The course cannot be built or released from this folder; the text says why and what to do."""
