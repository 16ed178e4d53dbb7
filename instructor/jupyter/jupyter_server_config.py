"""Each user's server: instructors' opens in the course, learners' in their home and without formgrader."""

import grp
import os
from pathlib import Path

c = get_config()  # noqa: F821 - traitlets provides it

HERE = Path(__file__).resolve().parent

# No login shell: on Debian that forgets where the course's commands are.
c.ServerApp.terminado_settings = {"shell_command": ["/bin/bash"]}

if grp.getgrnam("instructors").gr_gid in os.getgroups():
    c.ServerApp.root_dir = "/srv/resnet-course/course"
    # formgrader's pages are shown in a frame of JupyterLab, which the hub forbids unless told otherwise.
    c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}
else:
    c.ServerApp.jpserver_extensions = {
        "nbgrader.server_extensions.formgrader": False,
        "nbgrader.server_extensions.course_list": False,
    }
    # Nor are there menus for it: JupyterLab looks for labconfig/page_config.json here.
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([str(HERE / "learners"), str(HERE)])
