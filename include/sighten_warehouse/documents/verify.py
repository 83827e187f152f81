"""Verifies the vault: every file matches its name, and every stored document has its file."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from sighten_warehouse.api.collect import collecting_answers
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.due import stored_documents
from sighten_warehouse.documents.step import to_answer
from sighten_warehouse.documents.vault import is_whole, name_in_vault, set_aside, stored_files
from sighten_warehouse.lake.pull import refresh_vault
from sighten_warehouse.payload.answers.downloads import DownloadRecord
from sighten_warehouse.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True)
class Damage:
    """A damaged or missing file of the vault.

    Args:
        vault_path: its path below the environment's home.
        problem: `other_bytes` if its content does not match its name, or `missing`.
        document_ids: the documents recorded as stored there.
    """

    vault_path: str
    problem: str
    document_ids: tuple[str, ...]


@dataclass(frozen=True)
class VerifyResult:
    """The result of a check of the vault.

    Args:
        files: the number of files.
        documents: the number of documents recorded as stored.
        unnamed: files without a record, as after a crash just before it was landed; they do no harm.
        damages: damaged and missing files.
    """

    files: int
    documents: int
    unnamed: int
    damages: tuple[Damage, ...]


def verify_vault(settings: Settings, *, repair: bool = False, clock: Clock | None = None) -> VerifyResult:
    """Read every file of the vault and compare it with its name and with the records.

    `repair` sets damaged files aside and records their documents, and those without a file, as `damaged`: they are
    then due again.

    Raises:
        LakeError: commits contradict each other.
        StorageError: the disk refused a write.
    """
    clock = clock or Clock()
    vault = settings.layout.vault
    refresh_vault(settings.layout)
    named: dict[Path, list[str]] = defaultdict(list)
    stored = stored_documents(settings, clock=clock)
    for document in stored:
        named[vault / name_in_vault(document.sha256)].append(document.document_id)
    files = list(stored_files(vault))
    damages = tuple(_damages(settings.layout.root, files, named))
    if repair:
        _repair(settings, damages, clock=clock)
    log.info("verified", files=len(files), documents=len(stored), damaged=len(damages))
    return VerifyResult(len(files), len(stored), len(set(files) - set(named)), damages)


def _damages(root: Path, files: Sequence[Path], named: Mapping[Path, Sequence[str]]) -> Iterator[Damage]:
    for path in sorted({*files, *named}):
        if not is_whole(path):
            problem = "other_bytes" if path.exists() else "missing"
            yield Damage(path.relative_to(root).as_posix(), problem, tuple(named.get(path, ())))


def _repair(settings: Settings, damages: Sequence[Damage], *, clock: Clock) -> None:
    with collecting_answers(settings.layout.landing) as answers:
        for damage in damages:
            if damage.problem != "missing":
                set_aside(settings.layout.vault, settings.layout.root / damage.vault_path)
            for document_id in damage.document_ids:
                record = DownloadRecord(document_id=document_id, download_status="damaged", reason=damage.problem)
                answers.add(*to_answer(record, clock=clock))
            log.warning("damaged", vault_path=damage.vault_path, problem=damage.problem)
