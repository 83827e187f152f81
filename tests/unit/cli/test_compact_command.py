"""`compact`: what it says, and what needs attention."""

from click.testing import CliRunner

from sighten_warehouse.cli.main import commands
from sighten_warehouse.landing.files import landing_files
from support.compacting import load_each
from support.factories import a_milestone
from support.warehouses import Warehouse


def test_compact_says_what_it_merged_and_exits_with_1_if_a_file_was_refused(warehouse: Warehouse) -> None:
    load_each(warehouse, *(a_milestone(str(number)) for number in range(4)))
    landing = warehouse.settings.layout.landing
    altered, *_ = landing_files(landing)
    (landing / altered).write_bytes((landing / altered).read_bytes() + b"more\n")
    env = {"SIGHTEN_HOME": str(warehouse.settings.home)}

    result = CliRunner().invoke(commands, ["compact"], env=env)

    assert 1 == result.exit_code
    assert "merged 4 batches into 2, and 4 landing files into 2\n" in result.stdout
    assert f"{altered}: " in result.stderr
    assert "not merged (docs/runbook.md#damaged-landing-files)" in result.stderr
