#!/bin/sh
# What the container does: the accounts, the folders, the hub. Accounts are lines of `man newusers`, in instructor/accounts.
set -eu
cd "$(dirname "$0")"
newusers < /run/secrets/accounts
# shellcheck disable=SC2086 # names, with spaces between
./setup.sh $TEACHERS
cd /srv/resnet-course/hub
exec jupyterhub --config /opt/resnet-course/instructor/jupyterhub_config.py --JupyterHub.bind_url=http://:8000
