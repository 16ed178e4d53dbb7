"""Grade many submissions: over workers on this machine, or on a Dask cluster; always the same function."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from typing import Any

from resnet_course.grading import GradingError, syscalls
from resnet_course.grading.belonging import demand_same, digest
from resnet_course.grading.graded import Graded, Settings, Task
from resnet_course.grading.kernels import Template, TooMuch, Worker
from resnet_course.grading.sandbox import Sandbox
from resnet_course.language import message

PATIENCE = 120.0  # seconds for kernels to start, beyond what the limits allow
WAITING = 4  # tasks for each worker that are read ahead, so that memory does not grow with the class


class Pool:
    """The workers of one template. Each grades one submission at a time; where one dies, the next comes in its place.

    Parameters
    ----------
    template : Template
        What they are forks of.
    """

    def __init__(self, template: Template) -> None:
        self._template = template
        self._workers: set[Worker] = set()
        self._idle: list[Worker] = []
        self._ended = False

    def grade(self, task: Task, settings: Settings) -> Graded:
        """Grade a submission; several threads may ask at the same time.

        Raises
        ------
        GradingError
            If nothing can be graded here.
        """
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = Worker(self._template)
            self._workers.add(worker)
        function, address = "resnet_course.grading.working:grade_task", self._template.address
        try:
            graded: Graded = worker.call(function, address, task, settings, patience=patience(settings))
        except TooMuch:
            if self._ended:
                raise
            self._workers.discard(worker)
            from resnet_course.grading.working import give_up  # imports PyTorch, which nothing else here needs

            graded = give_up(task)
        else:
            self._idle.append(worker)
        return graded

    def end(self) -> None:
        """End the workers, whatever they do."""
        self._ended = True
        for worker in list(self._workers):  # threads that wait for one may be taking it out
            worker.end()


def patience(settings: Settings) -> float:
    """Return how many seconds without a result are too many: the worker hangs then, whatever made it."""
    return 3 * settings.limits.notebook_seconds + PATIENCE


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
        self._closing = ExitStack()
        self._template: Template | None = None
        if scheduler:
            self._executor = self._closing.enter_context(_dask(scheduler))
            self._grade, self._most = run_task, WAITING * _workers_of(self._executor)
        else:
            self._executor = self._closing.enter_context(_threads(jobs))
            self._template = self._closing.enter_context(Template(many=jobs > 1))
            pool = Pool(self._template)
            self._closing.callback(pool.end)
            self._grade, self._most = pool.grade, WAITING * jobs

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def check_sandbox(self) -> None:
        """Make a sandbox, so that it is known before anything is read or graded whether one can be made here.

        Raises
        ------
        GradingError
            If learners' code cannot be closed in here.
        """
        if self._template is not None:
            Sandbox(self.settings.limits, closed=self.settings.closed).end()
            if self.settings.closed and syscalls.lacking():
                print(syscalls.lacking(), file=sys.stderr)

    def grade(self, tasks: Iterable[Task]) -> Iterator[Graded]:
        """Yield each submission's grades as soon as they are known, in any order; tasks are read as they are needed."""
        under_way: set[Future[Graded]] = set()

        def collect(left: int) -> Iterator[Graded]:
            nonlocal under_way
            while len(under_way) > left:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()

        for task in tasks:
            under_way.add(self._executor.submit(self._grade, task, self.settings))
            yield from collect(self._most - 1)
        yield from collect(0)


def grade_all(
    tasks: Iterable[Task], settings: Settings | None = None, *, jobs: int = 1, scheduler: str = ""
) -> Iterator[Graded]:
    """Yield each submission's grades, by workers that are there for these tasks only; see `Workers`."""
    with Workers(jobs, scheduler, settings) as workers:
        workers.check_sandbox()
        yield from workers.grade(tasks)


@contextmanager
def _threads(count: int) -> Iterator[Executor]:
    """Give threads that do nothing but wait for workers."""
    executor = ThreadPoolExecutor(count)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


_pool: Pool | None = None
_starting = threading.Lock()  # a Dask worker has several threads


def run_task(task: Task, settings: Settings) -> Graded:
    """Grade one submission in a Dask worker, whose template starts with its first submission."""
    global _pool
    with _starting:
        if _pool is None:
            _pool = Pool(Template(many=True))
    return _pool.grade(task, settings)


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
    """Return how many workers to start; by default one more than there are cores, because one waits now and then.

    Raises
    ------
    GradingError
        If there are to be fewer than one.
    """
    if jobs is None:
        return 1 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    if jobs < 1:
        raise GradingError(message("grading.command.jobs", jobs=jobs))
    return jobs
