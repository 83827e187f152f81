"""Reads the file of tenants: YAML, each value as the text that stands there, each key once."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from sighten_warehouse.errors import SettingError

EXPECTED = "expected tenants, each with its settings below it"


def read_entries(path: Path) -> Iterator[tuple[str, Mapping[str, str] | str]]:
    """Yield each tenant's name and settings; in their place a text that says what is wrong with them.

    No message shows a value, which may be a secret in the wrong place.

    Raises:
        SettingError: the file cannot be read as such, or names a tenant twice.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise SettingError(f"{path}: {reason}; {EXPECTED}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise SettingError(f"{place}: this is no YAML; {EXPECTED}") from None
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise SettingError(f"{path}: {EXPECTED}")
    seen: set[str] = set()
    for key, node in root.value:
        place = f"{path}:{key.start_mark.line + 1}"
        if not isinstance(key, yaml.ScalarNode) or not key.value:
            raise SettingError(f"{place}: expected the name of a tenant")
        if key.value in seen:
            raise SettingError(f"{place}: tenant {key.value} is there twice")
        seen.add(key.value)
        yield key.value, _settings(node)


def _settings(node: yaml.Node) -> Mapping[str, str] | str:
    if isinstance(node, yaml.ScalarNode) and not node.value:
        return {}
    if not isinstance(node, yaml.MappingNode):
        return "expected its settings below it, such as SIGHTEN_API_URL: https://engine.goeverbright.com"
    found: dict[str, str] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
            return f"line {line}: expected the name of a setting and one value"
        if key.value in found:
            return f"line {line}: {key.value} is there twice"
        found[key.value] = value.value
    return found
