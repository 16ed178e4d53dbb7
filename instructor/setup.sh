#!/bin/sh
# Makes what a class on this machine needs, and may be run again: the group, folders that only it may read, the course.
#   sudo instructor/setup.sh TEACHER...      (accounts that exist: instructor/README.md tells how to make many)
set -eu

class=/srv/resnet-course
clone=$(cd "$(dirname "$0")/.." && pwd)
[ "$(id -u)" = 0 ] || { echo "This makes groups and folders of the system: run it with sudo." >&2; exit 1; }

getent group instructors >/dev/null || groupadd instructors
for teacher; do
    usermod --append --groups instructors "$teacher"
done

install -d -m 755 "$class"
install -d -m 700 "$class/hub"                       # the hub's own database and secrets
install -d -m 2770 -g instructors "$class/course"    # gradebook, submissions, feedback: no learner's to read
install -d -m 2775 -g instructors "$class/exchange"  # learners fetch from it; they hand in without seeing each other

# SQLite would make a gradebook that only the first instructor may write to.
gradebook="$class/course/gradebook.db"
[ -e "$gradebook" ] || install -m 660 -g instructors /dev/null "$gradebook"

# Settings are the instructors', once they are there; lessons are the clone's, but for those that are newer here.
umask 007
settings="$class/course/nbgrader_config.py"
[ -e "$settings" ] || cp --no-preserve=mode,ownership "$clone/nbgrader_config.py" "$settings"
cmp -s "$clone/nbgrader_config.py" "$settings" || echo "$settings is not the clone's: yours stays. To compare: diff $clone/nbgrader_config.py $settings"
cp -R --update --no-preserve=mode,ownership "$clone/solutions" "$class/course/"
