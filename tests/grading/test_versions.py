"""With a kernel that is too old the grader says so, and blames no learner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from resnet_course.grading import GradingError, kernels


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    kernels.demand_versions.cache_clear()
    yield
    kernels.demand_versions.cache_clear()


@pytest.mark.parametrize("package", kernels.SPEAKING)
def test_an_old_version_is_refused_by_name(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = kernels.version
    monkeypatch.setattr(kernels, "version", lambda name: "6.17.1" if name == package else real(name))

    with pytest.raises(GradingError, match=f"{package} >=.*, and here there is {package} 6.17.1"):
        kernels.demand_versions()


def test_the_versions_of_this_environment_are_not_refused() -> None:
    kernels.demand_versions()
