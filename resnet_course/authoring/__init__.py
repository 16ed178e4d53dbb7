"""From lesson scripts to notebooks; learners never import this."""

WRITTEN = "lessons"  # the folder of what authors write; all else of a lesson is built from it


class CourseError(Exception):
    """The course cannot be built or released from this folder; the text says why and what to do."""
