"""`sighten-warehouse doctor`."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import click
import msgspec

from sighten_warehouse.cli.home import require_home
from sighten_warehouse.cli.main import ADDED, NEEDS_ATTENTION, WRONG_USE
from sighten_warehouse.ops.doctor.check import Check, error

RUN = "from sighten_warehouse.cli.main import run_alone; run_alone()"
PATIENCE_S = 180


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quick", is_flag=True, help="Compare names and sizes of files in place of their digests.")
def doctor(*, as_json: bool, quick: bool) -> None:
    """Check the installation, and say for each finding what to do.

    Checks settings, disks and whether they sync, permissions, clock, receiver, API and token, every file of landing,
    lake and vault by its digest, backups, and Airflow if it is installed: its version, pools and DAGs. Shows no secret.

    Exits with 1 if there is an error, and with 2 if a setting is ill-formed.

    \b
    Examples:
      sighten-warehouse doctor
      sighten-warehouse doctor --quick --json
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    from sighten_warehouse.errors import SettingError
    from sighten_warehouse.ops.doctor import examine
    from sighten_warehouse.settings import read_settings

    found: list[Check] = []
    try:
        settings = read_settings()
        require_home(settings)
    except SettingError as problem:
        found.append(error("settings", str(problem), "mend it; .env.example lists all settings"))
        _show(found, as_json=as_json)
        sys.exit(WRONG_USE)
    columns = [*Progress.get_default_columns(), MofNCompleteColumn()]
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        bar = progress.add_task("landing files", total=None)
        found += examine(
            settings,
            environ=os.environ,
            cwd=Path.cwd(),
            quick=quick,
            on_progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )
        found += _added()
    _show(found, as_json=as_json)
    if any(check.severity == "error" for check in found):
        sys.exit(NEEDS_ATTENTION)


def _added() -> Iterator[Check]:
    """The findings of the commands that other packages add: each group with a command `doctor`, in its own process."""
    for added in entry_points(group=ADDED):
        command = added.load()
        if isinstance(command, click.Group) and "doctor" in command.commands:
            yield from _ask(added.name)


def _ask(name: str) -> Iterator[Check]:
    call = f"sighten-warehouse {name} doctor"
    try:
        done = subprocess.run(
            [sys.executable, "-c", RUN, name, "doctor", "--json"], capture_output=True, check=False, timeout=PATIENCE_S
        )
        # Libraries may print before it.
        yield from msgspec.json.decode(done.stdout.splitlines()[-1], type=list[Check])
    except (subprocess.TimeoutExpired, msgspec.MsgspecError, IndexError):
        yield error(name, "gave no answer", f"see what `{call}` prints")


def _show(found: list[Check], *, as_json: bool) -> None:
    """Print all findings; those with something to do also on stderr, with what to do."""
    if as_json:
        worst = [check for check in found if check.severity == "error"]
        click.echo(json.dumps({"ok": not worst, "checks": msgspec.to_builtins(found)}, indent=1, ensure_ascii=False))
        return
    for check in found:
        if check.severity in ("ok", "skipped"):
            click.echo(f"{check.severity:<8} {check.name:<12} {check.found}")
    for check in found:
        if check.severity in ("warning", "error"):
            click.echo(f"{check.severity}: {check.name}: {check.found}\n  do: {check.remedy}", err=True)
