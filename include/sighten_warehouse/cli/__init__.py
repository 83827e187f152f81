"""The command line `sighten-warehouse …`: each command parses its options, calls one function and prints the result."""

from sighten_warehouse.cli.main import main, run_alone

__all__ = ["main", "run_alone"]
