"""The repository's files, for the tests that read them: whatever `.gitignore` does not leave out."""

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("include", "devstack", "dags", "plugins", "docsite")


@cache
def files() -> tuple[Path, ...]:
    """All files, below `ROOT`, as relative paths."""
    return tuple(sorted(_walk()))


def _walk() -> Iterator[Path]:
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line] + [".git"]
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not any(fnmatch(name, pattern) for pattern in ignored)]
        for name in names:
            if not any(fnmatch(name, pattern) for pattern in ignored):
                yield Path(folder, name).relative_to(ROOT)


def code(*folders: str) -> list[Path]:
    """The Python files below those folders."""
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in folders]


def markdown() -> list[Path]:
    """All documents."""
    return [path for path in files() if path.suffix == ".md"]


def text(path: Path | str) -> str:
    """What stands in that file."""
    return (ROOT / path).read_text(encoding="utf-8")


def dag_files() -> list[Path]:
    """The files of DAGs, without the one that makes none and says which tenants are broken."""
    return sorted(path for path in (ROOT / "dags").glob("*.py") if path.stem != "broken_tenants")
