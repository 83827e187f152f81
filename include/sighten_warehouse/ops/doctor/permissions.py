"""Whether the home belongs to who uses it, and whether nobody else reads what is personal or secret."""

import os
import stat
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from sighten_warehouse.ops.doctor.check import Check, error, ok, warning
from sighten_warehouse.settings import IN_A_FILE, PREFIX, SECRETS, Settings

OTHERS = stat.S_IRWXO
SAMPLE = 1000  # files of the vault, whose modes are looked at


def check_permissions(settings: Settings, *, environ: Mapping[str, str], cwd: Path) -> Iterator[Check]:
    """Check folders, the key of pseudonyms, the vault, and the files that hold secrets."""
    layout = settings.layout
    problems = [*_folders(settings), *_vault(layout.vault), *_secrets(layout.pseudonym_key, environ, cwd)]
    yield from problems
    if not problems:
        yield ok("permissions", f"{layout.root} is writable, and closed to other users")


def _folders(settings: Settings) -> Iterator[Check]:
    layout = settings.layout
    root = layout.root
    if root.stat().st_mode & OTHERS:
        yield warning("permissions", f"{root}: mode {_mode(root)}, open to other users", f"chmod o= '{root}'")
    for folder in (root, layout.landing, layout.lake, layout.vault, layout.published, layout.versions, layout.work):
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK | os.R_OK):
            user = os.geteuid()
            yield error(
                "permissions",
                f"{folder}: user {user} may not read and write it (mode {_mode(folder)}, owner {folder.stat().st_uid})",
                f"run everything as one user, or chown -R {user} '{folder}'",
            )


def _vault(vault: Path) -> Iterator[Check]:
    files = islice(vault.glob("[0-9a-f][0-9a-f]/*"), SAMPLE)
    if loose := [path for path in files if path.stat().st_mode & (0o222 | OTHERS)]:
        remedy = f"chmod -R a-w,o= '{vault}'/[0-9a-f][0-9a-f]/*"
        yield warning("permissions", f"{loose[0]}: mode {_mode(loose[0])}; documents are read-only", remedy)


def _secrets(key: Path, environ: Mapping[str, str], cwd: Path) -> Iterator[Check]:
    named = (environ.get(f"{PREFIX}{name.upper()}{IN_A_FILE}") for name in SECRETS)
    for path in (key, cwd / ".env", *(Path(name).expanduser() for name in named if name)):
        if path.is_file() and path.stat().st_mode & OTHERS:
            yield error(
                "permissions", f"{path}: mode {_mode(path)}, other users may read this secret", f"chmod o= '{path}'"
            )


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"
