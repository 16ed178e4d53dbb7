"""A class on JupyterHub 5 or newer: one machine, whose accounts are the learners' and the instructors' (see README.md).

The hub runs as root, since it starts each server as the user whose it is.
"""

import os
import pwd
import shutil
import sys
from pathlib import Path

c = get_config()  # noqa: F821 - traitlets provides it

HERE = Path(__file__).resolve().parent
PROGRAMS = Path(sys.executable).parent

# In front of the hub stands whatever speaks HTTPS: see README.md.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.ConfigurableHTTPProxy.command = [
    shutil.which("configurable-http-proxy") or str(HERE / "node_modules" / ".bin" / "configurable-http-proxy")
]

# Whoever has an account may log in with its password. Who teaches, the group `instructors` says.
c.JupyterHub.authenticator_class = "pam"
c.Authenticator.allow_all = True
c.Authenticator.blocked_users = {"root"}


def close_home(spawner):
    """Let nobody else into the home of whoever starts a server: many systems make homes that all may read."""
    home = Path(pwd.getpwnam(spawner.user.name).pw_dir)
    home.chmod(home.stat().st_mode & 0o700)


c.Spawner.pre_spawn_hook = close_home
c.Spawner.cmd = [str(PROGRAMS / "jupyterhub-singleuser")]
c.Spawner.default_url = "/lab"
c.Spawner.environment = {
    "PATH": os.pathsep.join([str(PROGRAMS), os.environ.get("PATH", os.defpath)]),
    "JUPYTER_CONFIG_PATH": str(HERE / "jupyter"),  # before all other configuration but the user's own
    "COURSE_LANGUAGE": os.environ.get("COURSE_LANGUAGE", "en"),
    "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),  # many learners share the cores
}
