"""Flattens many batches in several processes; a few are flattened in this one, as a process costs 0.3 s to start."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import BEHIND_OTHERS
from sighten_warehouse.objects.homes import connect, connected

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

Flatten = Callable[[Manifest, Layout], Manifest]


def usable_cores() -> int:
    """Number of cores that this process may use."""
    with suppress(AttributeError):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """Up to `jobs` processes that flatten batches, started when first needed; they end with the context.

    `on_start` is called first in each process: what a process of the caller's needs, such as where log events go.
    """

    def __init__(self, flatten: Flatten, *, jobs: int = 1, on_start: Callable[[], object] | None = None) -> None:
        self._flatten = flatten
        self._jobs = jobs
        self._prepare = partial(_prepare, on_start, connected())
        self._processes: list[tuple[SpawnProcess, Connection]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process, _ in self._processes:
            process.kill()  # an idle one has nothing to lose, the others' batches are not wanted
        for process, connection in self._processes:
            process.join()
            connection.close()

    def flatten(self, manifests: Sequence[Manifest], *, layout: Layout) -> Iterator[Manifest]:
        """The flattened batches, in the order in which they are done.

        Raises:
            LakeError: a process was killed; what flattening raises is raised here too.
        """
        is_divided = self._processes or len(manifests) > 1
        if self._jobs == 1 or not is_divided:
            for manifest in manifests:
                yield self._flatten(manifest, layout)
            return
        self._start(min(self._jobs, len(manifests)))
        yield from self._divide(deque(manifests), layout)

    def _start(self, count: int) -> None:
        from multiprocessing import get_context  # noqa: PLC0415  (needed for many batches only)

        # A fork would copy the locks of DuckDB's and Arrow's threads in whatever state they are.
        context = get_context("spawn")
        while len(self._processes) < count:
            here, there = context.Pipe()
            process = context.Process(target=_work, args=(self._flatten, self._prepare, there), daemon=True)
            process.start()
            there.close()
            self._processes.append((process, here))

    def _divide(self, waiting: deque[Manifest], layout: Layout) -> Iterator[Manifest]:
        from multiprocessing.connection import wait  # noqa: PLC0415

        idle = [connection for _, connection in self._processes]
        busy: dict[Any, Manifest] = {}
        while waiting or busy:
            while waiting and idle:
                connection, manifest = idle.pop(), waiting.popleft()
                busy[connection] = manifest
                with suppress(BrokenPipeError):  # seen below, where its end is read
                    connection.send((manifest, layout))
            for ready in wait(list(busy)):
                yield _receive(ready, busy.pop(ready))
                idle.append(ready)  # type: ignore[arg-type]


def _receive(connection: Any, manifest: Manifest) -> Manifest:
    try:
        answer = connection.recv()
    except (EOFError, ConnectionResetError):
        raise LakeError(
            f"batch {manifest.batch_id}: the process that flattened it was killed, expected it to finish; nothing of"
            " the batch counts. If memory ran out, use fewer processes: --jobs 1"
        ) from None
    if isinstance(answer, BaseException):
        raise answer
    flattened: Manifest = answer
    return flattened


def _prepare(on_start: Callable[[], object] | None, homes: Mapping[Path, str]) -> None:
    for root, url in homes.items():
        connect(url, root)
    if on_start is not None:
        on_start()


def _work(flatten: Flatten, prepare: Callable[[], object], connection: "Connection") -> None:
    """Flatten what the parent sends until it closes the connection; end at once if the parent is gone."""
    import signal  # noqa: PLC0415
    from threading import Thread  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent ends its workers
    Thread(target=_end_with_parent, daemon=True).start()
    os.nice(BEHIND_OTHERS)  # many batches are a backlog: receivers, and other homes' few deliveries, go first
    prepare()
    with suppress(EOFError, BrokenPipeError):
        while True:
            manifest, layout = connection.recv()
            connection.send(_outcome(flatten, manifest, layout))


def _outcome(flatten: Flatten, manifest: Manifest, layout: Layout) -> Manifest | Exception:
    try:
        return flatten(manifest, layout)
    except Exception as error:  # noqa: BLE001  (raised again by the parent)
        return error


def _end_with_parent() -> None:
    from multiprocessing import parent_process  # noqa: PLC0415

    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
