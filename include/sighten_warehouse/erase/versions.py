"""What was published before an erasure: all of it goes, and what is there now is written again."""

from pathlib import Path

from sighten_warehouse.catalogs import export_and_register
from sighten_warehouse.durable import remove, remove_any, remove_files, remove_folder
from sighten_warehouse.lake.folder import remove_unneeded
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer
from sighten_warehouse.publish.cache import cache_file
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.remotes import exists, files_in, folders_in
from sighten_warehouse.report.environments import published_environments
from sighten_warehouse.report.writing import write_report
from sighten_warehouse.settings import Settings


def count_published(settings: Settings) -> dict[str, int]:
    """How many published versions, exports and reports there are."""
    layout = settings.layout
    return {
        "published versions": len(files_in(layout.versions, "*.duckdb")),
        "parquet exports": len(folders_in(layout.versions, "*.parquet")),
        "reports": len(_with_report(settings)),
    }


def _with_report(settings: Settings) -> list[Settings]:
    """The environments with a report: each shows those of the other too."""
    found = published_environments(settings)
    return [each for each in found if exists(each.layout.report_file) or exists(each.layout.report_data)]


def remove_published_before(settings: Settings) -> None:
    """Remove all versions, lakes and exports but the newest, which was made without what is erased.

    Export and reports are written again. Readers keep the files that they have open.
    """
    layout = settings.layout
    with (
        one_writer(layout, "publish"),
        one_writer(layout, "parquet"),
    ):  # an export reads a version, and writes beside it
        newest = versions(layout)[-1].version
        old = [path for path in files_in(layout.versions, "*.duckdb*") if path.name != f"{newest}.duckdb"]
        remove_files(old)
        for path in (*layout.versions.glob(".*.tmp"), *_leftovers_of_work(layout)):
            remove_any(path)
        remove_unneeded(layout, needed=())
    if folders_in(layout.versions, "*.parquet"):
        export_and_register(settings, at_once=True)
        with one_writer(layout, "parquet"):
            in_use = layout.parquet.resolve()
            for path in folders_in(layout.versions, "*.parquet"):
                if path != in_use:
                    remove_folder(path)
    for each in _with_report(settings):
        remove(each.layout.report_data)
        write_report(each)


def _leftovers_of_work(layout: Layout) -> list[Path]:
    """What a killed publish has left beside the cache, which is new, and the file without rows."""
    kept = {cache_file(layout).name, cache_file(layout).with_suffix(".json").name}
    return [path for path in layout.work.glob("*") if path.name not in kept and not path.name.startswith("empty-")]
