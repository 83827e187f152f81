"""Reads compose files as Compose does: one merged over the other, and the variables of `.env` filled in."""

import os
import re
from collections.abc import Mapping
from typing import Any

import yaml

from support.repository import ROOT

ONE_MACHINE, CLUSTER = "docker-compose.yml", "docker-compose.cluster.yml"
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:?[-?])([^}]*))?\})")
_REPLACED = ("command", "entrypoint", "test")  # the last one wins as a whole


class _Replacement:
    """What stands in place of the earlier file's value; None: nothing does."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Loader(yaml.SafeLoader):
    pass


def _override(loader: _Loader, node: yaml.Node) -> _Replacement:
    if isinstance(node, yaml.MappingNode):
        return _Replacement(loader.construct_mapping(node, deep=True))
    return _Replacement(loader.construct_sequence(node, deep=True))  # type: ignore[arg-type]


_Loader.add_constructor("!override", _override)
_Loader.add_constructor("!reset", lambda *_: _Replacement(None))


def read_compose(*names: str) -> dict[str, Any]:
    """The files, each merged over the one before; variables are as they stand in them."""
    merged: dict[str, Any] = {}
    for name in names:
        read = yaml.load((ROOT / name).read_text(), _Loader)  # noqa: S506  (a safe loader)
        read["services"] = {service: _extended(stated) for service, stated in read["services"].items()}
        merged = merge(merged, read)
    return merged


def _extended(service: Any) -> Any:
    """The service over the one that it extends."""
    if not isinstance(service, dict) or "extends" not in service:
        return service
    base = service["extends"]
    own = {name: value for name, value in service.items() if name != "extends"}
    return merge(read_compose(base["file"])["services"][base["service"]], own)


def merge(base: Any, over: Any, *, key: str = "") -> Any:
    """A value of the earlier file with one of the later file over it."""
    if isinstance(over, _Replacement):
        return over.value
    if isinstance(base, dict) and isinstance(over, dict):
        both = base | {name: merge(base.get(name), value, key=name) for name, value in over.items()}
        return {name: value for name, value in both.items() if not _is_removed(over.get(name))}
    if isinstance(base, list) and isinstance(over, list) and key not in _REPLACED:
        identity = _target if key == "volumes" else str
        said = {identity(value) for value in over}
        return [*(value for value in base if identity(value) not in said), *over]
    return over


def _is_removed(over: Any) -> bool:
    return isinstance(over, _Replacement) and over.value is None


def _target(mount: Any) -> str:
    """Where it is mounted, which no other mount is."""
    if isinstance(mount, dict):
        return str(mount["target"])
    parts = str(mount).split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def fill_in(value: Any, given: Mapping[str, str]) -> Any:
    """The value with the variables that `.env` gives.

    Raises:
        KeyError: one that is required is not given.
    """
    if isinstance(value, dict):
        return {name: fill_in(part, given) for name, part in value.items()}
    if isinstance(value, list):
        return [fill_in(part, given) for part in value]
    if not isinstance(value, str):
        return value

    def text(match: re.Match[str]) -> str:
        escaped, name, operator, default = match.groups()
        if escaped:
            return "$"
        is_missing = not given.get(name) if (operator or "").startswith(":") else name not in given
        if is_missing and (operator or "?").endswith("?"):
            raise KeyError(name)
        return default if is_missing else given[name]

    return _VARIABLE.sub(text, value)


def container_name() -> str:
    """The name of the container that this process stands for; Airflow calls it its host."""
    return os.environ["HOSTNAME"]
