"""The rows of a fixed corpus of landing lines change only together with RULES_VERSION.

`corpus/landing.ndjson` holds the vendor's sample in its dialects, simulated milestones, hostile bodies, values of every
type in every field, API responses, decisions, and malformed lines. `corpus/digests.yml` holds a digest of the rows of
each table.
"""

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from sighten_warehouse.lake.manifest import Manifest, commits, history_file
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.batch import flatten_files
from sighten_warehouse.models import RULES_VERSION, loaded_models
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish.versions import is_current, versions, write_version
from sighten_warehouse.version import __version__
from support.factories import SAMPLE_BYTES, a_milestone
from support.warehouses import Warehouse

CORPUS = Path(__file__).parents[2] / "corpus"
# Columns with messages: a new wording is no reason to rebuild.
MESSAGES = {"expected"}
# Python 3.13 and later point at the comma before a closing brace, earlier ones at the brace.
TRAILING_COMMA = ("Illegal trailing comma", "Expecting property name")


def digests(folder: Path) -> dict[str, str]:
    """Table of history → the digest of its rows from the corpus, in any order of rows and columns."""
    layout, name = Layout(folder), "received_date=2026-11-20/corpus.ndjson"
    (layout.landing / name).parent.mkdir(parents=True)
    shutil.copyfile(CORPUS / "landing.ndjson", layout.landing / name)
    written = flatten_files(Manifest("corpus", {name: 0}), layout=layout).history_files
    return {table: digest(history_file(layout, table, "corpus")) for table in sorted(written)}


def digest(path: Path) -> str:
    rows = sorted(json.dumps(plain(row), sort_keys=True) for row in pq.read_table(path).to_pylist())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """The row in JSON's types, so that the digest does not depend on the engine."""
    has_comma = any(words in (row.get("expected") or "") for words in TRAILING_COMMA)
    left_out = MESSAGES | {"place"} if has_comma else MESSAGES
    values = {name: value for name, value in row.items() if name not in left_out}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def test_the_rows_of_the_corpus_change_only_with_rules_version(tmp_path: Path) -> None:
    recorded = yaml.safe_load((CORPUS / "digests.yml").read_text())

    found = digests(tmp_path)

    if (RULES_VERSION, found) != (recorded["rules_version"], recorded["tables"]):
        changed = sorted({table for table, _ in found.items() ^ recorded["tables"].items()})
        version = recorded["rules_version"] + 1 if changed else RULES_VERSION
        pytest.fail(
            f"the corpus gives other rows in {', '.join(changed) or 'no table'} than tests/corpus/digests.yml has for"
            f" version {recorded['rules_version']} of the rules; models.RULES_VERSION is {RULES_VERSION}. If the change"
            f" is meant, set RULES_VERSION to {version} and write into digests.yml:\n\n"
            + yaml.safe_dump({"rules_version": version, "tables": found}, sort_keys=False)
        )


def test_the_corpus_fills_every_table_of_the_lake() -> None:
    recorded = yaml.safe_load((CORPUS / "digests.yml").read_text())

    assert sorted(model.name for model in loaded_models()) == sorted(recorded["tables"])


def test_a_batch_with_another_code_version_is_outdated(warehouse: Warehouse) -> None:
    warehouse.take_in(SAMPLE_BYTES)
    [manifest] = commits(warehouse.settings.layout)
    rules = f"{__version__}+rules.{RULES_VERSION}"

    older = [replace(manifest, code_version=version) for version in ("0.1.0+5f2c9d01ab34", "", f"{rules}1")]

    assert rules == manifest.code_version
    assert [False, True, True, True] == [batch.is_outdated for batch in (manifest, *older)]
    assert 0 == read_status(warehouse.settings).outdated


@pytest.mark.parametrize("code_version", ["0.1.0+5f2c9d01ab34", "0.0.9+{sql}"])
def test_a_version_from_other_sql_or_another_release_is_not_current(warehouse: Warehouse, code_version: str) -> None:
    warehouse.deliver(a_milestone())
    before = is_current(warehouse.settings)
    [version] = versions(warehouse.settings.layout)
    sql = version.code_version.partition("+")[2]

    write_version(warehouse.settings.layout, replace(version, code_version=code_version.format(sql=sql)))

    assert [True, False] == [before, is_current(warehouse.settings)]
