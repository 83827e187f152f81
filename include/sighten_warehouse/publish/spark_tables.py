"""The tables of a version, computed by Spark from the lake's files and written as Parquet."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sighten_warehouse.guards.masking import PSEUDONYMS
from sighten_warehouse.lake.history import COPIES, DELIVERIES, history_files
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import Column, Model, built_models, loaded_models, models
from sighten_warehouse.publish.checks import Check, checks, name_of_new
from sighten_warehouse.spark.dialect import SPARK_TYPES, in_spark, view_name
from sighten_warehouse.spark.session import Session

EVERY_DELIVERY, FOUND, CHECKS = "staging.every_delivery", "staging.found", "ops.checks"
FILLED_LATER = (CHECKS, PSEUDONYMS)  # checks see no row of them, as with DuckDB
_BATCH = "regexp_extract(_metadata.file_name, '^batch=(.*)[.]parquet$', 1)"


@dataclass(frozen=True)
class SparkTables:
    """Computes models in a session; each table is a folder of Parquet below `folder`, named like the table."""

    session: Session
    folder: Path
    inputs: Collection[str]

    def compute(self, *, layout: Layout, commits: Sequence[Manifest], new: Sequence[Manifest]) -> None:
        """Compute every table and the findings of all checks; of history, checks read the batches `new` only."""
        for name in self.inputs:
            self._show(name, self._read([self.folder / f"{name}.parquet"]))
        self._show_every_delivery(history_files(layout, "deliveries", commits))
        self._write(models()[COPIES])
        copied = {row[0] for row in self._sql(f"select distinct batch_id from {COPIES}").collect()}
        for model in loaded_models():
            self._show_history(model, history_files(layout, model.name, commits), model.full_name, copied)
            self._show_history(model, history_files(layout, model.name, new), name_of_new(model), copied)
        for model in built_models():
            if model.full_name in FILLED_LATER:
                self._show(model.full_name, self._no_rows(model.columns))
            elif model.full_name != COPIES:
                self._add(model)
        self._find_problems()
        self._write(models()[CHECKS])

    def _sql(self, query: str) -> Session:
        return self.session.sql(in_spark(query, tables=self._known()))

    def _known(self) -> Collection[str]:
        made = (name_of_new(model) for model in loaded_models())
        return {*models(), *made, *self.inputs, EVERY_DELIVERY, FOUND}

    def _show(self, name: str, rows: Session) -> None:
        rows.createOrReplaceTempView(view_name(name))

    def _read(self, paths: Iterable[Path], columns: Sequence[Column] = ()) -> Session:
        """The rows of the files; with columns, those that a file lacks are NULL."""
        reader = self.session.read
        if columns:
            reader = reader.schema(", ".join(f"`{column.name}` {SPARK_TYPES[column.type]}" for column in columns))
        return reader.parquet(*(f"file://{path}" for path in paths))

    def _show_every_delivery(self, files: Sequence[Path]) -> None:
        # A merged file holds the lines of several loads, so the batch is that of the file.
        columns = models()[DELIVERIES].columns
        if not files:
            self._show(EVERY_DELIVERY, self._no_rows(columns))
            return
        named = [_BATCH + " as batch_id" if column.name == "batch_id" else column.name for column in columns]
        self._show(EVERY_DELIVERY, self._read(files, columns).selectExpr(*named))

    def _no_rows(self, columns: Sequence[Column]) -> Session:
        nulls = (f'cast(null as {SPARK_TYPES[column.type]}) as "{column.name}"' for column in columns)
        return self.session.sql(f"select {', '.join(nulls)} where false")

    def _show_history(self, model: Model, files: Sequence[Path], name: str, copied: set[str]) -> None:
        """Show the rows of the files without copied lines; of deliveries, all lines, copies marked."""
        if not files:
            self._show(name, self._no_rows(model.columns))
            return
        rows = self._read(files, model.columns)
        if copied:
            self._show("staging.read_rows", rows.selectExpr("*", f"{_BATCH} as _batch"))
            rows = self._marked(model) if model.full_name == DELIVERIES else self._without_copies(model)
        self._show(name, rows)

    def _without_copies(self, model: Model) -> Session:
        columns = ", ".join(f'rows."{column.name}"' for column in model.columns)
        copies = f"{view_name(COPIES)} as copies"
        same = "rows.landing_id = copies.landing_id and rows._batch = copies.batch_id"
        return self.session.sql(f"select {columns} from staging__read_rows as rows left anti join {copies} on {same}")

    def _marked(self, model: Model) -> Session:
        replaced = {
            "landing_id": "coalesce(copies.copy_landing_id, rows.landing_id)",
            "copy_of_landing_id": "coalesce(rows.copy_of_landing_id, copies.landing_id)",
        }
        columns = ", ".join(
            f'{replaced.get(column.name, f"rows.{column.name}")} as "{column.name}"' for column in model.columns
        )
        same = "rows.landing_file = copies.landing_file and rows.line_number = copies.line_number"
        copies = f"left join {view_name(COPIES)} as copies on {same} and rows._batch = copies.batch_id"
        return self.session.sql(f"select {columns} from staging__read_rows as rows {copies}")

    def _add(self, model: Model) -> None:
        """Compute a table, or show a view."""
        if model.is_view:
            self._show(model.full_name, self._select(model))
        else:
            self._write(model)

    def _select(self, model: Model) -> Session:
        rows = self._sql(model.select or "")
        if model.is_intermediate:
            return rows
        cast = (
            f'cast("{column.name}" as {SPARK_TYPES[column.type]}) as "{column.name}"' for column in model.stored_columns
        )
        return rows.selectExpr(*cast)

    def _write(self, model: Model) -> None:
        self._write_rows(model.full_name, self._select(model))
        computed = [column for column in model.columns if column.computed]
        if computed:
            added = ", ".join(f'{column.computed} as "{column.name}"' for column in computed)
            self._show(model.full_name, self._sql(f"select *, {added} from {model.full_name}"))

    def _write_rows(self, name: str, rows: Session) -> None:
        path = self.folder / name
        rows.write.parquet(f"file://{path}")
        # With the schema that is known, Spark reads no file to find it out.
        self._show(name, self.session.read.schema(rows.schema).parquet(f"file://{path}"))

    def _find_problems(self) -> None:
        """Write a row for each row that a check returns."""
        self._write_rows(FOUND, self._sql(" union all ".join(map(_findings, checks()))))


def _findings(check: Check) -> str:
    found = (
        f"select '{check.name}' as check_name, '{check.column}' as column_name, cast({check.column} as string) as id"
    )
    return f"({found} from ({check.select}) as rows)"
