"""Grade many submissions: in this process, over a pool of workers, or on a Dask cluster; always the same function."""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import multiprocessing.forkserver
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from resnet_course import checks
from resnet_course.grading import GradingError, syscalls
from resnet_course.grading.belonging import PACKAGE, demand_same, digest, here
from resnet_course.grading.findings import printable
from resnet_course.grading.grade import Graded, Settings, grade, ungradable
from resnet_course.grading.intake import Release, Submission
from resnet_course.grading.kernels import Template
from resnet_course.grading.sandbox import Sandbox
from resnet_course.language import message

PATIENCE = 120.0  # seconds for kernels to start, beyond what the limits allow
WAITING = 4  # tasks for each worker that are read ahead, so that memory does not grow with the class


@dataclass(frozen=True)
class Task:
    """One submission to grade."""

    learner: str
    submission: Submission
    release: Release


class Workers:
    """Whoever grades: this process, a pool of workers on this machine, or the workers of a Dask cluster.

    Parameters
    ----------
    jobs : int
        How many workers on this machine; 1 grades in this process.
    scheduler : str
        The address of a Dask scheduler, whose workers grade instead.
    settings : Settings, optional
        Limits, and whether to close learners' code in. Limits may be set later, before anything is graded.

    Raises
    ------
    GradingError
        If the scheduler does not answer. Whether learners' code can be closed in here, `check_sandbox` tells.
    """

    def __init__(self, jobs: int = 1, scheduler: str = "", settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._jobs = jobs
        self._closing = ExitStack()
        self._cluster: Executor | None = None
        self._template: Template | None = None
        if scheduler:
            self._cluster = self._closing.enter_context(_dask(scheduler))
        else:
            self._template = self._closing.enter_context(Template())
            if jobs > 1:
                _start_forkserver()
        self._pool: Executor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_pool()
        self._closing.close()

    def check_sandbox(self) -> None:
        """Make a sandbox, so that it is known before anything is read or graded whether one can be made here.

        Raises
        ------
        GradingError
            If learners' code cannot be closed in here.
        """
        if self._cluster is None:
            Sandbox(self.settings.limits, closed=self.settings.closed).end()
            if self.settings.closed and syscalls.lacking():
                print(syscalls.lacking(), file=sys.stderr)

    def grade(self, tasks: Iterable[Task]) -> Iterator[Graded]:
        """Yield each submission's grades as soon as they are known, in any order; tasks are read as they are needed."""
        if self._cluster is not None:
            yield from self._over(self._cluster, tasks, WAITING * _workers_of(self._cluster), [])
        elif self._template is not None and self._jobs == 1:
            for task in tasks:
                checks.of_lesson(task.release.lesson)  # imported while the template is still starting
                yield _grade(task, self._template, self.settings)
        else:
            yield from self._with_pool(iter(tasks))

    def _with_pool(self, tasks: Iterator[Task]) -> Iterator[Graded]:
        while True:
            lost: list[Task] = []
            if self._pool is None:
                self._pool = self._make_pool(self._jobs)
            yield from self._over(self._pool, tasks, WAITING * self._jobs, lost)
            if not lost:
                return
            # A worker died, and with it the pool. Whoever was under way may have been the cause: each goes alone.
            self._end_pool()
            for task in lost:
                with self._make_pool(1) as alone:
                    try:
                        yield alone.submit(run_task, task, self.settings).result(self._patience())
                    except (BrokenProcessPool, FutureTimeout) as error:
                        _kill(alone)
                        yield ungradable(task.learner, task.submission, task.release, error)

    def _patience(self) -> float:
        """Return how many seconds without a result are too many: then all workers hang, whatever made them."""
        return 3 * self.settings.limits.notebook_seconds + PATIENCE

    def _make_pool(self, jobs: int) -> Executor:
        # Workers fork from a server that has imported torch once. They judge; learners' code runs in the template's
        # forks.
        assert self._template is not None
        context = _start_forkserver()
        pool = ProcessPoolExecutor(jobs, context, initializer=_start_worker, initargs=(self._template.address,))
        try:
            # Workers that cannot start are no submission's fault.
            demand_same({pool.submit(here).result()}, here())
        except BrokenProcessPool:
            raise GradingError(message("grading.sandbox.workers")) from None
        except GradingError:
            pool.shutdown()
            raise
        return pool

    def _end_pool(self) -> None:
        if self._pool is not None:
            _stop_feeding(self._pool)
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _over(self, executor: Executor, tasks: Iterable[Task], most: int, lost: list[Task]) -> Iterator[Graded]:
        """Yield results from an executor; a pool that broke leaves in `lost` what was under way."""
        under_way: dict[Future[Graded], Task] = {}

        def collect(left: int) -> Iterator[Graded]:
            while len(under_way) > left:
                done, _ = wait(under_way, self._patience(), return_when=FIRST_COMPLETED)
                if not done:
                    _kill(executor)
                for future in done:
                    task = under_way.pop(future)
                    try:
                        yield future.result()
                    except BrokenProcessPool:
                        lost.append(task)

        if self._template is not None:
            self._template.wait()
        for task in tasks:
            try:
                under_way[executor.submit(run_task, task, self.settings)] = task
            except BrokenProcessPool:
                lost.append(task)
            if not lost:
                yield from collect(most - 1)
            if lost:
                break
        yield from collect(0)


def _kill(executor: Any) -> None:
    """Kill the processes of a pool, which then counts as broken; a cluster looks after its workers itself."""
    for process in list((getattr(executor, "_processes", None) or {}).values()):
        process.kill()


def _stop_feeding(pool: Any) -> None:
    """Let a broken pool end where Python waits for ever to hand tasks to workers that are gone.

    It is Python's own cure since 3.11.5 (github.com/python/cpython/issues/94777); Debian 12 has 3.11.2.
    """
    if sys.version_info < (3, 11, 5) and pool._broken:
        pool._call_queue._reader.close()


def grade_all(
    tasks: Iterable[Task], settings: Settings | None = None, *, jobs: int = 1, scheduler: str = ""
) -> Iterator[Graded]:
    """Yield each submission's grades, by workers that are there for these tasks only; see `Workers`."""
    with Workers(jobs, scheduler, settings) as workers:
        workers.check_sandbox()
        yield from workers.grade(tasks)


def _start_forkserver() -> multiprocessing.context.ForkServerContext:
    """Start the process that workers fork from, if it does not run yet; what it imports takes it seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["resnet_course.grading.preload"])
    # Otherwise it would look for the package in the current folder first: that may be another copy of the course.
    paths = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    with _environment(PYTHONSAFEPATH="1", PYTHONPATH=paths):
        multiprocessing.forkserver.ensure_running()
    return context


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


_template: Template | None = None
_starting = threading.Lock()  # a Dask worker has several threads


def _start_worker(address: str) -> None:
    global _template
    _template = Template(address)
    threading.Thread(target=_end_with_owner, daemon=True).start()


def _end_with_owner() -> None:
    """End this worker when the grader is killed: otherwise it would wait for tasks for ever."""
    owner = multiprocessing.parent_process()
    if owner is not None:
        multiprocessing.connection.wait([owner.sentinel])
        os._exit(1)


def run_task(task: Task, settings: Settings) -> Graded:
    """Grade one submission in a worker's process, whose template starts with its first submission."""
    global _template
    with _starting:
        if _template is None:
            _template = Template()
    return _grade(task, _template, settings)


def _grade(task: Task, template: Template, settings: Settings) -> Graded:
    try:
        return grade(task.learner, task.submission, task.release, template, settings)
    except GradingError:
        raise
    except Exception as error:
        logging.getLogger(__name__).exception("%s", printable(task.learner))
        return ungradable(task.learner, task.submission, task.release, error)


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError:
        raise GradingError(message("grading.scheduler.missing")) from None
    with ExitStack() as stack:
        try:
            client = stack.enter_context(Client(address, timeout=10))
        except (OSError, TimeoutError, ValueError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise GradingError(message("grading.scheduler.unreachable", address=address, reason=reason)) from None
        if not client.scheduler_info()["workers"]:
            raise GradingError(message("grading.scheduler.no-workers", address=address))
        # They may be other machines, where it lies elsewhere.
        demand_same(set(client.run(digest, on_error="return").values()), digest())
        yield stack.enter_context(client.get_executor(pure=False))


def _workers_of(executor: Any) -> int:
    return max(1, sum(executor._client.ncores().values()))


def check_jobs(jobs: int | None) -> int:
    """Return how many workers to start; by default two for each core, because a kernel that starts also waits.

    Raises
    ------
    GradingError
        If there are to be fewer than one.
    """
    if jobs is None:
        return 2 * (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    if jobs < 1:
        raise GradingError(message("grading.command.jobs", jobs=jobs))
    return jobs
