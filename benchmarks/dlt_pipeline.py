"""Load a file of payloads with dlt, tuned as its own page on performance says: `dlt_pipeline.py FILE FOLDER COUNT`.

Runs in a virtual environment of its own, which has neither this package nor the product.
"""

import itertools
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WORKERS = 2
MAX_FILE_ITEMS = 2_500


def main(payloads: Path, folder: Path, count: int) -> None:
    """Extract, normalize and load into one DuckDB file; write the number of rows of its tables to stdout."""
    # An even number of files of one page each: a file is normalized by one worker.
    page = math.ceil(count / (WORKERS * math.ceil(count / WORKERS / MAX_FILE_ITEMS)))
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "DATA_WRITER__BUFFER_MAX_ITEMS": "100000",
        "DATA_WRITER__DISABLE_COMPRESSION": "true",
        "SOURCES__DATA_WRITER__FILE_MAX_ITEMS": str(page),
        "NORMALIZE__WORKERS": str(WORKERS),
        "LOAD__DELETE_COMPLETED_JOBS": "true",
    }
    import dlt  # noqa: PLC0415  (it reads the environment)

    database = folder / "dlt.duckdb"
    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.duckdb(str(database)),
        dataset_name="sighten",
        pipelines_dir=str(folder / "pipelines"),
    )
    resource = dlt.resource(pages(payloads, page), name="milestones")
    pipeline.run(resource, loader_file_format="parquet").raise_on_failed_jobs()


def pages(payloads: Path, size: int) -> Iterator[list[Any]]:
    """The payloads, parsed by dlt's parser (orjson)."""
    from dlt.common import json  # noqa: PLC0415  (as above)

    with payloads.open("rb") as file:
        while page := [json.loadb(line) for line in itertools.islice(file, size)]:
            yield page


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
