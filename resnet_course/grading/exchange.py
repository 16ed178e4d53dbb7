"""nbgrader's exchange, where what one learner hands in could stop the whole class, or be somebody else's."""

from __future__ import annotations

import os
import posixpath
import pwd
import re
import shutil
import stat
import tempfile
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseAssignment, ExchangeReleaseFeedback

from resnet_course.grading.beside import SECRET, copy_plain, write_whole
from resnet_course.grading.findings import printable
from resnet_course.language import message
from resnet_course.release import public_address

TOLERANCE = timedelta(minutes=10)  # between the time of a submission and that of its files
RELATIVE = re.compile(r"\]\((\.\./[^)\s]+)\)")  # a link of Markdown
MOST_BYTES = 1000  # nbgrader's own has 128


class Collect(ExchangeCollect):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's, which takes from each learner only what is theirs, and goes on where something cannot be taken.

    Learners write to the exchange: a folder there may bear another's name, and a link in it may lead to another's work.
    """

    src_records: list[dict[str, Any]]

    def init_src(self) -> None:
        """Find what to collect; what is not taken is named."""
        super().init_src()
        self.src_records = [record for record in self.src_records if record["username"]]

    def _path_to_record(self, path: str) -> dict[str, Any]:
        name = printable(Path(path).name)
        try:
            record: dict[str, Any] = super()._path_to_record(path)
            reason = "" if self._is_of(record["username"], path) else "not-theirs"
            if not reason and self.get_size(path) > 1000 * self.coursedir.max_dir_size:
                reason = "too-big"
        except Exception:  # a name that is none, a folder that is gone: whatever a learner leaves there
            reason = "not-theirs"
        if not reason:
            self._compare_times(path, record["timestamp"])
            return record
        self.log.warning("%s: %s", name, message(f"grading.exchange.{reason}"))
        return {"username": "", "filename": name, "timestamp": datetime.min}

    def _is_of(self, learner: str, path: str) -> bool:
        facts = os.lstat(path)
        owner = pwd.getpwuid(facts.st_uid).pw_name
        return stat.S_ISDIR(facts.st_mode) and (owner == learner or not self.check_owner)

    def _compare_times(self, path: str, said: datetime) -> None:
        """Say so where files are newer than their submission: its time is in a name that the learner can choose.

        When a file was last changed (ctime), no user can choose.
        """
        files = [Path(path), *(Path(folder, name) for folder, _, names in os.walk(path) for name in names)]
        newest = datetime.fromtimestamp(max(os.lstat(each).st_ctime for each in files), timezone.utc)
        if newest.replace(tzinfo=None) - said > TOLERANCE:
            facts = {"said": f"{said:%Y-%m-%d %H:%M}", "changed": f"{newest:%Y-%m-%d %H:%M}"}
            self.log.warning("%s: %s", printable(Path(path).name), message("grading.exchange.later", **facts))

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a submission, but for its links; what cannot be read is left out."""
        most = 1000 * self.coursedir.max_file_size
        with tempfile.TemporaryDirectory() as folder:
            copied = Path(folder, "submission")
            # First a copy that no learner can change meanwhile; shutil.Error names what could not be read.
            with suppress(shutil.Error):
                shutil.copytree(
                    src,
                    copied,
                    ignore=lambda place, names: [name for name in names if Path(place, name).is_symlink()],
                    copy_function=lambda source, to: copy_plain(Path(source), Path(to), most),
                )
            super().do_copy(str(copied), dest, log)


class ReleaseAssignment(ExchangeReleaseAssignment):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's, whose notebooks lead to the public course where in the repository they lead to the file beside them.

    Who fetches a lesson gets its folder alone: not the glossary, and not the lesson in the other language.
    """

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a lesson, then lead its links out of its folder elsewhere."""
        super().do_copy(src, dest, log)
        inside = Path(os.path.relpath(src, self.coursedir.root)).as_posix()
        for path in Path(dest).glob("*.ipynb"):
            text = path.read_text(encoding="utf-8")
            # A new file: what nbgrader generates, only a group may write to, if anybody.
            write_whole(path, RELATIVE.sub(lambda link: f"]({_public(inside, link[1])})", text))


def _public(folder: str, link: str) -> str:
    file, mark, place = link.partition("#")
    return public_address(posixpath.normpath(f"{folder}/{file}") + mark + place)


class ReleaseFeedback(ExchangeReleaseFeedback):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's, which goes on where a learner's feedback cannot be released: it names them; the rest get theirs."""

    def copy_files(self) -> None:
        """Release the feedback of those whose submission came through the exchange."""
        directory, lesson = self.coursedir, self.coursedir.assignment_id
        root = Path(directory.format_path(directory.feedback_directory, ".", "."))
        excluded = directory.student_id_exclude
        without = [
            each.parent.name for each in root.glob(f"*/{lesson}") if each.is_dir() and not _can_be_released(each)
        ]
        for learner in sorted(set(without) - set(excluded.split(","))):
            self.log.warning("%s: %s", printable(learner), message("grading.exchange.no-secret"))
        directory.student_id_exclude = ",".join(filter(None, [excluded, *without]))
        try:
            super().copy_files()
        finally:
            directory.student_id_exclude = excluded


def _can_be_released(folder: Path) -> bool:
    """Tell whether nbgrader can read what it reads of a submission to release its feedback."""
    try:
        secret = folder / SECRET
        (folder / "timestamp.txt").read_text()
        return secret.stat().st_size <= MOST_BYTES and bool(secret.read_text())
    except (OSError, ValueError):
        return False
