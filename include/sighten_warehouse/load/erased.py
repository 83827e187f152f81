"""Landing files without what was erased: rewritten in place while nothing is loaded from them, else beside."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from sighten_warehouse.durable import ensure_folder, hardlink, remove, rename, replace_durably, sync
from sighten_warehouse.lake.damage import readable_commits
from sighten_warehouse.lake.exchange import MERGED, Exchange, hidden_file, write_exchange
from sighten_warehouse.lake.manifest import Manifest, commits, history_file
from sighten_warehouse.lake.pull import refresh_vault
from sighten_warehouse.landing.erasures import Tombstones, read_erasures, read_tombstones
from sighten_warehouse.landing.files import day_of, read_raw_lines
from sighten_warehouse.landing.integrity import find_problem
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.delivery import id_of_place
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload.erased_line import Rest, rest_of, rest_of_expired, rest_of_unreadable
from sighten_warehouse.remotes import exists, present

log = structlog.get_logger()

PREPARED = "erased"  # below `landing/.merged`


def erase_uncommitted(layout: Layout, names: Iterable[str]) -> int:
    """Erase in place what was erased before and came again; return the number of lines.

    Of files that no commit has: what is committed, also meanwhile, is remade by the erasure itself.

    Raises:
        LakeError: a receipt of an erasure cannot be read.
    """
    tombstones = read_tombstones(layout)
    if not tombstones:
        return 0
    mentioning = RestOfLanding(layout, tombstones)
    for name in names:
        mentioning.count(name)
    if not mentioning.files:
        return 0
    landing = RestOfLanding(layout, tombstones)
    with one_writer(layout, "commit"):
        loaded = {name for manifest in readable_commits(layout) for name in manifest.landing_files}
        for name in sorted(mentioning.files - loaded):
            landing.rewrite(name)
    return landing.lines


def erased_since(layout: Layout, manifest: Manifest) -> list[str]:
    """The landing files that an erasure has changed since the batch was flattened. The caller holds the lock `commit`.

    Raises:
        LakeError: a receipt of an erasure cannot be read.
    """
    if not read_erasures(layout):
        return []
    recorded = ((name, manifest.recorded(name)) for name in manifest.landing_files)
    return [name for name, facts in recorded if find_problem(layout.landing / name, facts, deep=True)]


class RestOfLanding:
    """The landing files of a home without what was erased, and without the bodies of the deliveries in `expired`.

    `lines` and `files`: those that mention it, as far as it has looked; `unreadable`: files that cannot be read to
    their end.
    """

    def __init__(self, layout: Layout, tombstones: Tombstones, *, expired: Collection[str] = ()) -> None:
        self.lines = 0
        self.files: set[str] = set()
        self.unreadable: set[str] = set()
        self._layout = layout
        self._tombstones = tombstones
        self._expired = frozenset(expired)
        self._searched: set[str] = set()
        self._prepared_files: set[str] = set()
        self._prepared = layout.landing / MERGED / PREPARED

    @property
    def landing_folder(self) -> str:
        """The folder with the files that `touch` and `stage` prepared, for a layout."""
        return self._prepared.relative_to(self._layout.root).as_posix()

    def count(self, name: str) -> None:
        """Count what would be erased from that file; changes nothing."""
        self._search(name)

    def touch(self, names: Iterable[str]) -> bool:
        """Prepare the files without what was erased; whether any of them mentions it."""
        return bool([name for name in names if self._prepare(name)])

    def stage(self, names: Iterable[str]) -> None:
        """Prepare all these files, those without a mention as links."""
        for name in names:
            target = self._prepared / name
            if not self._prepare(name) and not target.exists():
                ensure_folder(target.parent)
                with suppress(FileNotFoundError):  # it is missing, which the caller has allowed
                    hardlink(present(self._layout.landing / name), target)

    def _prepare(self, name: str) -> bool:
        if name not in self._searched and (rests := self._search(name)):
            _write(self._layout.landing / name, self._prepared / name, rests)
            self._prepared_files.add(name)
        return name in self._prepared_files

    def rewrite(self, name: str) -> None:
        """Erase in place; first the documents whose records go."""
        if rests := self._search(name):
            documents = {rest.document for rest in rests.values() if rest.document}
            remove_documents(self._layout, documents - shared_documents(self._layout, documents, self._tombstones))
            _write(self._layout.landing / name, self._layout.landing / name, rests)
            log.info("erased_again", landing_file=name, lines=len(rests))

    def _search(self, name: str) -> dict[int, Rest]:
        """Line number → what is left of the line."""
        self._searched.add(name)
        found: dict[int, Rest] = {}
        number = 0
        try:
            for number, raw in enumerate(read_raw_lines(self._layout.landing / name), 1):
                if rest := self._rest_of(raw, name, number):
                    found[number] = rest
        except FileNotFoundError:
            return {}
        except OSError as error:
            if error.errno is not None:
                raise
            self.unreadable.add(name)
            if found:  # what cannot be decompressed may hold the rest of it
                found[number + 1] = rest_of_unreadable(id_of_place(name, number + 1), day_of(name))
        if found:
            self.files.add(name)
            self.lines += len(found)
        return found

    def _rest_of(self, raw: bytes, name: str, number: int) -> Rest | None:
        if self._expired and (rest := rest_of_expired(raw, self._expired)):
            return rest
        if not self._tombstones:
            return None
        return rest_of(raw, self._tombstones, damaged_id=id_of_place(name, number), day=day_of(name))

    def hand_over(self, whole: Layout) -> None:
        """Let the swap to that lake bring in the prepared files; each replaces the file of its name."""
        if self._prepared.exists():
            rename(self._prepared, hidden_file(self._layout.landing, whole.lake.name, ""))
            sync(self._prepared.parent)
        write_exchange(whole, Exchange(merged=sorted(self._prepared_files)))


def _write(path: Path, target: Path, rests: dict[int, Rest]) -> None:
    """Write the lines of the file to the target, with those that are left in their places."""
    import pyarrow as pa  # noqa: PLC0415  (large, and seldom needed)

    def lines() -> Iterator[bytes]:
        number = 0
        try:
            for number, raw in enumerate(read_raw_lines(path), 1):
                yield (rests[number].raw if number in rests else raw) + b"\n"
        except OSError as error:
            if error.errno is not None or number + 1 not in rests:
                raise
            yield rests[number + 1].raw + b"\n"

    def write(hidden: Path) -> None:
        with hidden.open("wb") as file:
            if not path.name.endswith(".zst"):
                file.writelines(lines())
                return
            with pa.CompressedOutputStream(pa.PythonFile(file, mode="w"), "zstd") as stream:
                for line in lines():
                    stream.write(line)

    replace_durably(target, write)


def shared_documents(layout: Layout, names: Collection[str], tombstones: Tombstones) -> set[str]:
    """Those files of the vault that a document has too which was not erased."""
    if not names:
        return set()
    others = (sha256 for document_id, sha256 in stored(layout) if not tombstones.is_erased_id(document_id))
    return set(names).intersection(others)


def remove_documents(layout: Layout, names: Iterable[str]) -> int:
    """Remove these files of the vault, also damaged ones; return how many there were."""
    removed = 0
    refresh_vault(layout)
    for sha256 in names:
        for path in (layout.vault / sha256[:2] / sha256, *layout.vault.glob(f".damaged/{sha256}.*")):
            if exists(path):
                remove(path)
                removed += 1
    return removed


def stored(layout: Layout) -> Iterator[tuple[str, str]]:
    """Document and file of the vault, of every download in the lake."""
    import pyarrow.parquet as pq  # noqa: PLC0415  (large, and seldom needed)

    for manifest in commits(layout):
        if manifest.history_files.get("downloads"):
            path = present(history_file(layout, "downloads", manifest.batch_id))
            table = pq.read_table(path, columns=["document_id", "sha256"], partitioning=None)
            yield from ((row["document_id"], row["sha256"]) for row in table.to_pylist() if row["sha256"])
