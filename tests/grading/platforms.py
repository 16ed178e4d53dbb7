"""Moodle and Canvas, as far as files go: what a teacher downloads, and the rules by which they read what comes back.

Retold from their source. Moodle (github.com/moodle/moodle):
- `mod/assign/classes/downloader.php`, `downloader::get_student_prefix`, `load_submissionplugin_filelist`;
  `files/classes/local/archive_writer/zip_writer.php` (entries carry the time of the download, not of the submission);
- `mod/assign/gradingtable.php`, `assign_grading_table::__construct`, `col_recordid`: the grading worksheet;
- `lib/csvlib.class.php`, `csv_import_reader::load_csv_content`;
- `grade/import/csv/classes/load_data.php`, `gradeimport_csv_load_data`;
- `mod/assign/feedback/file/importziplib.php`, `assignfeedback_file_zip_importer::is_valid_filename_for_import`.
Canvas (github.com/instructure/canvas-lms):
- `lib/content_zipper.rb`, `ContentZipper#get_filename`, `add_upload_submission`, `sanitize_user_name`;
- `lib/gradebook_exporter.rb`, `GradebookExporter#csv_data`;
- `lib/gradebook_importer.rb`, `GradebookImporter#header?`, `update_column_count`, `process_student`, `csv_stream`;
- `app/models/abstract_assignment.rb`, `infer_comment_context_from_filename`, `generate_comments_from_files`.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class User:
    """Somebody with an account."""

    id: int
    first: str
    last: str
    number: str = ""  # Moodle's "ID number", Canvas's "SIS User ID"
    email: str = ""

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def sortable(self) -> str:
        return f"{self.last}, {self.first}"


@dataclass(frozen=True)
class Upload:
    """One file that a user handed in."""

    user: User
    name: str
    content: bytes
    late: bool = False


class Refused(Exception):
    """The platform takes nothing of a file."""


def zipped(files: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def clean_filename(name: str) -> str:
    """Moodle's `clean_param($name, PARAM_FILE)`."""
    return re.sub(r"\.\.+", "", re.sub(r"[\x00-\x1f\x7f&<>\"`|':\\/]", "", name))


@dataclass
class Moodle:
    """A Moodle course."""

    users: list[User]
    grades: dict[tuple[int, str], float | None] = field(default_factory=dict)
    feedback: dict[tuple[int, str], dict[str, bytes]] = field(default_factory=dict)

    def unique_id(self, assignment: str, user: User) -> int:
        """`assign::get_uniqueid_for_user`: another number in each assignment."""
        return 1000 + 7 * user.id + sum(assignment.encode())

    def download(self, assignment: str, uploads: list[Upload], path: Path, *, folders: bool = True) -> Path:
        files = {}
        for upload in uploads:
            prefix = f"{upload.user.name.replace('_', ' ')}_{self.unique_id(assignment, upload.user)}"
            if folders:
                files[clean_filename(f"{prefix}_assignsubmission_file") + f"/{upload.name}"] = upload.content
            else:
                files[clean_filename(f"{prefix}_assignsubmission_file_{upload.name}")] = upload.content
        return zipped(files, path)

    def worksheet(self, assignment: str, times: dict[int, str], *, portuguese: bool = False) -> str:
        heading = "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (submission)"
        if portuguese:
            heading = "Identificador,Nome completo,Endereço de email,Status,Nota,Nota máxima,Última modificação (envio)"
        word = "Participante " if portuguese else "Participant "
        rows = [
            [
                f"{word}{self.unique_id(assignment, user)}",
                user.name,
                user.email,
                "",
                "",
                "10.00",
                times.get(user.id, "-"),
            ]
            for user in self.users
        ]
        return as_csv([heading.split(","), *rows])

    def participants(self) -> str:
        rows = [[user.first, user.last, user.number, user.email] for user in self.users]
        return as_csv([["First name", "Last name", "ID number", "Email address"], *rows])

    def import_grades(self, text: str, by: str, items: list[str]) -> None:
        """Take a CSV file, whole or not at all; `by` is the column in which users stand."""
        text = re.sub(r"\r\n?", "\n", text.removeprefix("\ufeff")).strip()
        heading, *rows = [row for row in csv.reader(io.StringIO(text)) if row]
        if any(len(row) != len(heading) for row in rows):
            raise Refused("csvweirdcolumns")
        what = {"ID number": "number", "Email address": "email"}[by]
        values: list[tuple[int, str, float | None]] = []
        student: User | None = None
        for row in rows:
            grades = []
            for title, cell in zip(heading, (cell.strip() for cell in row), strict=True):
                # An empty field is skipped, and `$this->studentid` stays who it was in the row above.
                if title == by and cell not in ("", "0"):
                    found = [user for user in self.users if getattr(user, what) == cell]
                    if len(found) != 1:
                        raise Refused(f"usermappingerror: {cell}")
                    student = found[0]
                elif title in items:
                    if cell in ("", "-"):
                        grades.append((title, None))
                    elif re.fullmatch(r"-?\d+([.,]\d+)?", cell):
                        grades.append((title, float(cell.replace(",", "."))))
                    else:
                        raise Refused(f"badgrade: {cell}")
            if student is None:
                raise Refused("usermappingerrorusernotfound")
            values += [(student.id, title, grade) for title, grade in grades]
        self.grades.update({(user, title): grade for user, title, grade in values})

    def import_feedback(self, assignment: str, path: Path) -> list[str]:
        """Take a zip file of feedback and return the entries that belong to nobody."""
        participants = {self.unique_id(assignment, user): user for user in self.users}
        ignored = []
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                found = self._whose(entry.filename, participants)
                if found is None:
                    ignored.append(entry.filename)
                else:
                    self.feedback.setdefault((found[0].id, assignment), {})[found[1]] = archive.read(entry)
        return ignored

    def _whose(self, name: str, participants: dict[int, User]) -> tuple[User, str] | None:
        if name.rsplit("/", 1)[-1].startswith((".", "~")):
            return None
        parts = f"/import/{name}".split("/")
        while parts:
            info = parts.pop(0).split("_", 4)
            if len(info) < 4 or not info[1].isdigit() or int(info[1]) not in participants:
                continue
            if (info[2], info[3]) != ("assignsubmission", "file"):
                continue
            rest = [info[4] if len(info) > 4 else "", *parts]
            return participants[int(info[1])], "/".join(rest).lstrip("/")
        return None


@dataclass
class Canvas:
    """A Canvas course."""

    users: list[User]
    grades: dict[tuple[int, str], float | None] = field(default_factory=dict)
    comments: dict[tuple[int, str], bytes] = field(default_factory=dict)
    attachments: dict[int, tuple[int, str]] = field(default_factory=dict)  # id: user and assignment

    def download(self, assignment: str, uploads: list[Upload], path: Path) -> Path:
        files = {}
        for upload in uploads:
            number = 50_000 + len(self.attachments)
            self.attachments[number] = (upload.user.id, assignment)
            user = re.sub(r"^(\d+)$", r"\1", re.sub(r"_(\d+)_", r"\1", upload.user.sortable)).lower()
            whole = "_".join([user, *(["LATE"] if upload.late else []), str(upload.user.id)])
            file = re.sub(r"[\x00/\\:*?\"<>|]+", "_", upload.name)
            whole = re.sub(r"[^\w]", "", whole)
            files[f"{whole}_{number}_{file}"] = upload.content
        return zipped(files, path)

    def gradebook(self) -> str:
        rows = [[user.sortable, str(user.id), user.number, user.email, "A", ""] for user in self.users]
        heading = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Old quiz (17)"]
        return as_csv(
            [heading, ["    Points Possible", "", "", "", "", "5.00"], *rows, ["Student, Test", "999", "", "", "A", ""]]
        )

    def import_grades(self, text: str) -> tuple[list[str], list[str]]:
        """Take a CSV file and return the names and the assignments that Canvas would ask about."""
        lines = [line for line in text.splitlines() if not re.fullmatch(r"[;, ]+", line)]
        heading, *rows = csv.reader(io.StringIO("\n".join(lines)))
        if not (len(heading) > 3 and "Student" in heading[0] and "ID" in heading[1]):
            raise Refused("Invalid header row")
        if not (re.search(r"SIS\s+User\s+ID", heading[2]) and re.search(r"SIS\s+Login\s+ID", heading[3])):
            raise Refused("columns")
        if "Section" not in heading[4]:
            raise Refused("Invalid header row")
        unknown = []
        for row in rows:
            if "Points Possible" in row[0] or all(
                re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell, re.I) for cell in row
            ):
                continue
            number = int(match[0]) if (match := re.match(r"\d+", row[1])) else 0  # Ruby's to_i
            found = [user for user in self.users if user.id == number]
            found = found or [user for user in self.users if row[2] and user.number == row[2]]
            found = found or [user for user in self.users if row[3] and user.email == row[3]]
            found = found or [user for user in self.users if row[0] in (user.name, user.sortable)]
            if not found:
                unknown.append(row[0])
                continue
            for title, cell in zip(heading[5:], row[5:], strict=True):
                self.grades[found[0].id, title] = None if cell.strip() in ("", "-") else float(cell)
        return unknown, heading[5:]

    def reupload(self, assignment: str, path: Path) -> list[str]:
        """Take a zip file of feedback and return the entries that are ignored."""
        ignored = []
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                name = entry.filename.rsplit("/", 1)[-1]
                numbers = [int(part) for part in name.split("_") if re.fullmatch(r"\d+", part)][:2]
                if len(numbers) < 2 or self.attachments.get(numbers[1]) != (numbers[0], assignment):
                    ignored.append(entry.filename)
                else:
                    self.comments[numbers[0], assignment] = archive.read(entry)
        return ignored
