"""A program for spark-submit, in client mode: its arguments are those of `sighten-warehouse`."""

from sighten_warehouse.cli import run_alone

run_alone()
