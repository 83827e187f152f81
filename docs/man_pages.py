"""Writes a man page of each command from its help: `python docs/man_pages.py FOLDER`, or `make man`."""

import sys
from pathlib import Path

import click
from click_man.core import write_man_pages

from sighten_warehouse.cli.main import commands
from sighten_warehouse.version import __version__


def write_pages(folder: Path) -> None:
    """Write `sighten-warehouse.1` and one page for each command into that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_man_pages("sighten-warehouse", _with_all_commands(commands), version=__version__, target_dir=str(folder))


def _with_all_commands(group: click.Group) -> click.Group:
    """A group that holds its commands, in place of one that imports each when it is called; no summary is cut short."""
    context = click.Context(group)
    whole = click.Group(group.name, help=group.help, params=group.params)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            whole.add_command(_with_all_commands(command) if isinstance(command, click.Group) else command, name)
    for command in (whole, *whole.commands.values()):
        command.short_help = (command.help or "").partition("\n\n")[0].replace("\n", " ").strip()
    return whole


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
