"""The command line: `sighten-warehouse …`; each command is one function of the package."""

from sighten_warehouse.cli.main import main

__all__ = ["main"]
