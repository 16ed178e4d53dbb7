"""Shared by the grader's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from resnet_course.grading.kernels import Template


@pytest.fixture(scope="session")
def template(sandboxed: None) -> Iterator[Template]:
    with Template() as made:
        yield made
