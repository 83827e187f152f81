"""What a check of an installation found."""

from typing import Literal

import msgspec

Severity = Literal["ok", "skipped", "warning", "error"]


class Check(msgspec.Struct, frozen=True):
    """One finding: what was checked, what was found, and what to do about it. Never holds a secret.

    `name`: the part of the installation, such as `disk`. `skipped`: it could not be checked, for the reason in `found`.
    """

    name: str
    severity: Severity
    found: str
    remedy: str = ""


def ok(name: str, found: str) -> Check:
    """Nothing to do."""
    return Check(name, "ok", found)


def skipped(name: str, why: str) -> Check:
    """Not checked."""
    return Check(name, "skipped", why)


def warning(name: str, found: str, remedy: str) -> Check:
    """Works, but should be changed."""
    return Check(name, "warning", found, remedy)


def error(name: str, found: str, remedy: str) -> Check:
    """Does not work, or may lose data."""
    return Check(name, "error", found, remedy)
