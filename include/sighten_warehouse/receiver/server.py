"""The receiver as a process: its port, its landing folder, start and stop."""

import errno
import ipaddress
import socket
import time
from pathlib import Path

import structlog

from sighten_warehouse.durable import OWNER_ONLY, ensure_folder, hidden_files, remove_files, sync
from sighten_warehouse.errors import SettingError, StorageError
from sighten_warehouse.receiver.app import Receiver
from sighten_warehouse.receiver.auth.schemes import authenticator
from sighten_warehouse.receiver.connections import connections_allowed
from sighten_warehouse.receiver.group_commit import Committer
from sighten_warehouse.receiver.http_service import BACKLOG, HttpService
from sighten_warehouse.receiver.metrics import ReceiverMetrics
from sighten_warehouse.receiver.readiness import Readiness
from sighten_warehouse.receiver.requests import webhook_path
from sighten_warehouse.remotes import remote_of
from sighten_warehouse.settings import Settings

LEFTOVER_SECONDS = 3600
STORE_PATIENCE_S = 10.0  # then the sender is answered 503, and sends it again

log = structlog.get_logger()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free port.

    Raises:
        SettingError: the address cannot be listened on; the message names the setting to change.
    """
    host_and_port = f"{host}:{port}"
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except OSError as error:
        raise SettingError(
            f"SIGHTEN_RECEIVER_HOST: {host} is not an address of this machine ({error.strerror})"
        ) from error
    # asyncio disables Nagle's algorithm only if the protocol is named; otherwise each response waits for 40 ms.
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise SettingError(
                f"{host_and_port} is taken by another process; choose another port with --port or SIGHTEN_RECEIVER_PORT"
            ) from error
        raise SettingError(
            f"cannot listen on {host_and_port} ({error.strerror}); change --host or SIGHTEN_RECEIVER_HOST, "
            "or --port or SIGHTEN_RECEIVER_PORT"
        ) from error
    return listener


def prepare_landing(landing: Path, *, now: float) -> None:
    """Create landing durably and remove unfinished files of crashed receivers.

    Raises:
        StorageError: landing cannot be created or written.
    """
    try:
        ensure_folder(landing.parent, mode=OWNER_ONLY)
        ensure_folder(landing)
        for folder in (landing, landing.parent, landing.parent.parent):
            # Whoever created it may have crashed before syncing its parent.
            sync(folder)
        # Those of a compaction are below `.merged`, and it removes them itself.
        days = landing.glob("received_date=*")
        removed = [path for day in days for path in hidden_files(day, last_written_before=now - LEFTOVER_SECONDS)]
        remove_files(removed)
    except OSError as error:
        raise StorageError(f"{landing}: cannot be written ({error}); expected a writable SIGHTEN_HOME") from error
    if removed:
        log.info("leftovers_removed", files=len(removed), landing=str(landing))


class ReceiverServer:
    """One receiver, which takes its port when created; `run` serves until `stop`.

    `storage_problem`: why nothing can be landed yet, or None. The receiver serves nevertheless and answers 503, because
    a disk can be mended while it runs.

    Raises:
        SettingError: the settings contradict each other, or the port is taken.
        StorageError: landing cannot be written.
    """

    def __init__(self, settings: Settings) -> None:
        landing = settings.layout.landing
        self._path = webhook_path(settings.tenant)
        metrics = ReceiverMetrics()
        authentication = authenticator(settings, landing=landing)
        if remote := remote_of(landing):
            remote.limit_patience(STORE_PATIENCE_S)
        prepare_landing(landing, now=time.time())
        self._listener = listen(settings.receiver_host, settings.receiver_port)
        self._refuse_to_be_open(settings)
        self._committer = Committer(landing, metrics=metrics)
        readiness = Readiness(
            landing, largest_body=settings.max_body_bytes, committer_runs=lambda: self._committer.is_running
        )
        self.storage_problem = readiness.probe()
        is_private = not self.is_open_to_others and settings.webhook_auth == "none"
        receiver = Receiver(
            committer=self._committer,
            readiness=readiness,
            metrics=metrics,
            authentication=authentication,
            max_body_bytes=settings.max_body_bytes,
            path=self._path,
            is_private=is_private and settings.receiver_open_to_anyone == "no",
        )
        self._service = HttpService(receiver, max_connections=connections_allowed())

    @property
    def url(self) -> str:
        """The URL for deliveries."""
        host, port = self._listener.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}{self._path}"

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines can reach the receiver."""
        return not ipaddress.ip_address(self._listener.getsockname()[0]).is_loopback

    def _refuse_to_be_open(self, settings: Settings) -> None:
        is_allowed = settings.receiver_open_to_anyone == "yes"
        if self.is_open_to_others and settings.webhook_auth == "none" and not is_allowed:
            self.close()
            raise SettingError(
                f"SIGHTEN_WEBHOOK_AUTH: `none` lets anybody who reaches {settings.receiver_host} deliver; expected "
                "`header`, `basic` or `hmac`, or 127.0.0.1 to listen on, or SIGHTEN_RECEIVER_OPEN_TO_ANYONE=yes"
            )

    def run(self) -> None:
        """Serve until `stop` is called; then accept no new connection, finish accepted requests and return."""
        with self._committer, self._listener:
            self._service.run(self._listener)

    def close(self) -> None:
        """Release the port; `run` does this by itself."""
        self._listener.close()

    def stop(self, *_signal: object) -> None:
        """End `run`; callable from any thread, as a signal handler and more than once."""
        self._service.stop()
