"""Stand-ins for flattening a batch, which a process of `Workers` can import."""

import os
import signal
import threading

from sighten_warehouse.errors import StorageError
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.workers import Workers


def named(manifest: Manifest, _layout: Layout) -> Manifest:
    """Say in the outcomes which process did it, and how nice it is."""
    return Manifest(manifest.batch_id, manifest.landing_files, outcomes={"pid": os.getpid(), "nice": os.nice(0)})


def refused(_manifest: Manifest, layout: Layout) -> Manifest:
    raise StorageError(f"{layout.lake}: No space left on device")


def killed(manifest: Manifest, _layout: Layout) -> Manifest:
    os.kill(os.getpid(), signal.SIGKILL)
    return manifest


def endless(manifest: Manifest, _layout: Layout) -> Manifest:
    """Print the process's id and never end."""
    os.write(1, f"{os.getpid()}\n".encode())
    threading.Event().wait()
    return manifest


def flatten_endlessly() -> None:
    """Flatten two batches in two processes; to be run in a process of its own."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs the tests in the background ignores it
    with Workers(endless, jobs=2) as workers:
        list(workers.flatten([Manifest("a", {}), Manifest("b", {})], layout=Layout(os.curdir)))  # type: ignore[arg-type]
