"""nbgrader for everybody on the hub: where the exchange is and, for those who teach, where the course is."""

import os

c = get_config()  # noqa: F821 - traitlets provides it

COURSE = "/srv/resnet-course/course"

c.CourseDirectory.course_id = "resnet-course"
# In the exchange only the instructors' group may write, but for the folder into which learners hand in.
c.Exchange.root = "/srv/resnet-course/exchange"
c.CourseDirectory.groupshared = True
c.ExchangeCollect.update = True  # who hands in again counts, also where `nbgrader collect` is a command

if os.access(COURSE, os.W_OK):
    load_subconfig("nbgrader_config.py", path=COURSE)  # noqa: F821
    c.CourseDirectory.root = COURSE
    os.umask(0o007)  # what one instructor writes the others may change, and learners may not read
