"""Searches every byte of a home for a text, as somebody would who was erased from it."""

import io
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq


def places_of(root: Path, *texts: str) -> set[str]:
    """The files below the root that hold one of the texts: in their bytes, decompressed, or in a row."""
    wanted = [text.lower().encode() for text in texts]
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and any(text in content for content in _contents(path) for text in wanted)
    }


def _contents(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content.lower()
    yield content.decode("utf-16-le", "replace").encode().lower()
    if path.name.endswith(".zst"):
        yield pa.CompressedInputStream(io.BytesIO(content), "zstd").read().lower()
    elif path.suffix == ".parquet":
        yield str(pq.read_table(path, partitioning=None).to_pylist()).lower().encode()
    elif path.suffix == ".duckdb":
        yield _rows(path)


def _rows(path: Path) -> bytes:
    """Every row of every table; the blocks of a file are compressed."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{path}' as searched (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'searched'"
        ).fetchall()
        found = [connection.execute(f'from searched."{schema}"."{name}"').fetchall() for schema, name in tables]
    return str(found).lower().encode()
