"""Why something cannot be read, saved or fetched is said in the learner's language."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import urllib.error
from email.message import Message

import pytest

from resnet_course.files import UNUSABLE, why
from resnet_course.language import languages, message, speaking

NETWORK = [
    urllib.error.URLError(socket.gaierror(-3, "Temporary failure in name resolution")),
    urllib.error.URLError(OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))),
    TimeoutError("timed out"),
    TimeoutError("The read operation timed out"),
    ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)),
    ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED)),
]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("number", sorted({*UNUSABLE, errno.ENOENT}))  # type: ignore[type-var]
def test_what_the_system_refuses_is_said_in_the_learners_words(number: int, language: str) -> None:
    with speaking(language):
        said = why(OSError(number, os.strerror(number), "some/file"))

    assert said
    assert os.strerror(number).lower() != said.lower() or language == "en"
    assert "some/file" not in said


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("problem", NETWORK, ids=str)
def test_a_network_that_fails_is_said_in_the_learners_words(problem: Exception, language: str) -> None:
    with speaking(language):
        assert why(problem) == message("errors.reasons.network")


@pytest.mark.parametrize("language", languages())
def test_a_server_that_refuses_is_named_by_its_number(language: str) -> None:
    problem = urllib.error.HTTPError("https://example.org", 403, "Forbidden", Message(), None)
    with speaking(language):
        assert why(problem) == message("errors.reasons.server", code=403)


def test_a_sentence_of_the_courses_own_is_kept() -> None:
    assert why(OSError("Nothing can be saved: …")) == "Nothing can be saved: …"
    assert why(OSError(errno.EIO, os.strerror(errno.EIO))) == os.strerror(errno.EIO)
    assert why(RuntimeError()) == "RuntimeError"
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    assert why(urllib.error.URLError(refused)) == "certificate verify failed"
    assert why(urllib.error.URLError("unknown url type: x")) == "unknown url type: x"
