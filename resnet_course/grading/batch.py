"""Grade many submissions: in this process, over a pool of workers, or on a Dask cluster; always the same function."""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from resnet_course.grading import GradingError
from resnet_course.grading.grade import Graded, Settings, grade, ungradable
from resnet_course.grading.intake import Release, Submission
from resnet_course.grading.kernels import Template
from resnet_course.grading.sandbox import Limits, Sandbox
from resnet_course.language import message

WAITING = 4  # tasks for each worker that are read ahead, so that memory does not grow with the class


@dataclass(frozen=True)
class Task:
    """One submission to grade."""

    learner: str
    submission: Submission
    release: Release


_template: Template | None = None


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
    """Grade one submission in whatever process this is; its template starts with the first."""
    global _template
    if _template is None:
        _template = Template()
    try:
        return grade(task.learner, task.submission, task.release, _template, settings)
    except GradingError:
        raise
    except Exception as error:
        logging.getLogger(__name__).exception("%s", task.learner)
        return ungradable(task.learner, task.submission, task.release, error)


def end_template() -> None:
    """End this process's template, if it has one."""
    global _template
    if _template is not None:
        _template.end()
        _template = None


def grade_all(
    tasks: Iterable[Task], settings: Settings | None = None, *, jobs: int = 1, scheduler: str = ""
) -> Iterator[Graded]:
    """Yield each submission's grades as soon as they are known, in any order.

    Parameters
    ----------
    tasks : iterable of Task
        Read as they are needed.
    settings : Settings, optional
        Limits, and whether to close learners' code in.
    jobs : int
        How many workers on this machine; 1 grades in this process.
    scheduler : str
        The address of a Dask scheduler, whose workers grade instead.

    Raises
    ------
    GradingError
        If learners' code cannot be closed in; known before anything is graded.
    GradingError
        If the scheduler does not answer.
    """
    settings = settings or Settings()
    if scheduler:
        with _dask(scheduler) as executor:
            yield from _over(executor, tasks, settings, WAITING * _workers_of(executor))
        return
    Sandbox(Limits(), closed=settings.closed).end()
    if jobs == 1:
        try:
            for task in tasks:
                yield run_task(task, settings)
        finally:
            end_template()
        return
    with Template() as template:
        unfinished = iter(tasks)
        while True:
            lost: list[Task] = []
            with _pool(jobs, template) as executor:
                yield from _over(executor, unfinished, settings, WAITING * jobs, lost)
            if not lost:
                return
            for task in lost:
                yield _alone(task, settings, template)


def _over(
    executor: Executor, tasks: Iterable[Task], settings: Settings, most: int, lost: list[Task] | None = None
) -> Iterator[Graded]:
    """Yield results from an executor; a pool that broke leaves what was under way in `lost`."""
    under_way: dict[Future[Graded], Task] = {}

    def collect(wanted: int) -> Iterator[Graded]:
        while len(under_way) > wanted:
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                task = under_way.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    if lost is None:
                        raise
                    lost.append(task)

    for task in tasks:
        try:
            under_way[executor.submit(run_task, task, settings)] = task
        except BrokenProcessPool:
            if lost is None:
                raise
            lost.append(task)
            break
        yield from collect(most - 1)
        if lost:
            break
    yield from collect(0)


def _alone(task: Task, settings: Settings, template: Template) -> Graded:
    """Grade a submission that may have killed a worker, in a worker of its own."""
    with _pool(1, template) as executor:
        try:
            return executor.submit(run_task, task, settings).result()
        except BrokenProcessPool as error:
            return ungradable(task.learner, task.submission, task.release, error)


@contextmanager
def _pool(jobs: int, template: Template) -> Iterator[Executor]:
    # Workers fork from a server that has imported torch once. They judge; learners' code runs in the template's forks.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["resnet_course.grading.preload"])
    with ProcessPoolExecutor(jobs, context, initializer=_start_worker, initargs=(template.address,)) as executor:
        template.wait()
        try:
            # Workers that cannot start are no submission's fault.
            executor.submit(os.getpid).result()
        except BrokenProcessPool:
            raise GradingError(message("grading.sandbox.workers")) from None
        try:
            yield executor
        finally:
            executor.shutdown(cancel_futures=True)


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
        yield stack.enter_context(client.get_executor(pure=False))


def _workers_of(executor: Any) -> int:
    return max(1, sum(executor._client.ncores().values()))


def default_jobs() -> int:
    """Return how many workers suit this machine: two for each core, because a kernel that starts also waits."""
    return 2 * (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
