#!/bin/sh
# What the container does: the accounts, the folders, the hub. Accounts are lines of `man newusers`, in instructor/accounts.
set -eu
cd "$(dirname "$0")"
# Only accounts that are not there yet: newusers would set the passwords of the others anew.
while IFS= read -r line; do
    [ -z "$line" ] || id "${line%%:*}" >/dev/null 2>&1 || echo "$line" | newusers
done < /run/secrets/accounts
cut -d: -f6 /run/secrets/accounts | xargs chmod 700
# shellcheck disable=SC2086 # names, with spaces between
./setup.sh $TEACHERS
cd /srv/resnet-course/hub
exec jupyterhub --config /opt/resnet-course/instructor/jupyterhub_config.py --JupyterHub.bind_url=http://:8000
