"""Several organizations of Sighten in one installation: what the file SIGHTEN_TENANTS says of each."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from sighten_warehouse.errors import SettingError
from sighten_warehouse.settings.environment import IN_A_FILE, PREFIX, variables
from sighten_warehouse.settings.fields import SECRETS, Settings

TENANTS, TENANT = f"{PREFIX}TENANTS", f"{PREFIX}TENANT"
HOME, ENV, PORT = f"{PREFIX}HOME", f"{PREFIX}ENV", f"{PREFIX}RECEIVER_PORT"
SLOTS = "slots"
DEFAULT_SLOTS, MAX_SLOTS = 2, 64
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
CONFIDENTIAL = tuple(PREFIX + name.upper() for name in SECRETS)
# Whoever has these of one tenant reads or writes as that tenant. Alerts may go to one address for all.
API_TOKEN, WEBHOOK_SECRET = OWN_SECRETS = (f"{PREFIX}API_TOKEN", f"{PREFIX}WEBHOOK_SECRET")
CATALOGS = f"{PREFIX}CATALOGS"
OWN_FOLDERS = (HOME, f"{PREFIX}BACKUP_TO")
_NAMESPACE = re.compile(r"iceberg:[^,\s]+")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class TenantEntry:
    """What the file says of a tenant.

    `variables`: its settings, the environment's included, with secrets still as `${NAME}`. `own`: those of the file.
    `slots`: its share, how many of its tasks of a kind run at a time. `problem`: why it cannot be used; that of one
    tenant concerns no other.
    """

    name: str
    variables: Mapping[str, str] = field(repr=False)
    own: Mapping[str, str] = field(repr=False)
    slots: int = DEFAULT_SLOTS
    problem: str | None = None

    @property
    def has_valid_name(self) -> bool:
        """Whether folders, URLs, pools and DAGs can have its name."""
        return bool(NAME.fullmatch(self.name))


def read_tenants(environ: Mapping[str, str] | None = None) -> dict[str, TenantEntry]:
    """The tenants by name, in the order of the file; none where SIGHTEN_TENANTS is not set.

    Raises:
        SettingError: the file cannot be read, or the environment has a secret that each tenant has of its own.
    """
    given = variables(os.environ if environ is None else environ)
    if not given.get(TENANTS):
        return {}
    path = Path(given[TENANTS]).expanduser()
    try:
        facts = path.stat()
    except OSError as error:
        raise SettingError(f"{TENANTS}: {path}: {error.strerror}; expected a file of tenants") from None
    return dict(_tenants(path, (facts.st_mtime_ns, facts.st_size, facts.st_ino), frozenset(given.items())))


def tenant_variables(
    environ: Mapping[str, str], tenant: str | None = None, *, for_receiver: bool = False
) -> dict[str, str]:
    """The settings of the tenant, by default that of SIGHTEN_TENANT, as variables; without tenants the environment's.

    Of a tenant's two secrets a receiver gets the webhook's and everybody else the API's: a container has no other.

    Raises:
        SettingError: no tenant, or an unknown one, is chosen, or this one cannot be used.
    """
    given = variables(environ)
    name = tenant or given.get(TENANT)
    if not given.get(TENANTS):
        if name:
            raise SettingError(f"{TENANT}: {name}: there are no tenants; expected a file of tenants in {TENANTS}")
        return given
    entries = read_tenants(environ)
    if name not in entries:
        got = f"no tenant {name!r} in {given[TENANTS]}" if name else "no tenant is chosen"
        raise SettingError(f"{TENANT}: {got}; expected --tenant or {TENANT} with one of {', '.join(entries)}")
    entry = entries[name]
    if entry.problem:
        raise SettingError(entry.problem)
    left_out = _forms(API_TOKEN if for_receiver else WEBHOOK_SECRET)
    return {
        setting: _secret(setting, text, environ, entry)
        for setting, text in entry.variables.items()
        if setting not in left_out
    }


def where(entry: TenantEntry) -> str:
    """The tenant and its file, for messages."""
    return f"tenant {entry.name} in {entry.variables[TENANTS]}"


def _secret(setting: str, text: str, environ: Mapping[str, str], entry: TenantEntry) -> str:
    variable = _VARIABLE.fullmatch(text) if setting in CONFIDENTIAL else None
    if variable is None:
        return text
    if not environ.get(variable[1]):
        raise SettingError(f"{where(entry)}: {setting}: expected the variable {variable[1]} to be set")
    return environ[variable[1]]


@lru_cache(maxsize=8)
def _tenants(
    path: Path, _version: tuple[int, ...], environ: frozenset[tuple[str, str]]
) -> tuple[tuple[str, TenantEntry], ...]:
    # The doorbell of each tenant reads its settings every second: the file is read again only when it has changed.
    from sighten_warehouse.settings.tenants_file import read_entries  # noqa: PLC0415  (YAML takes long to import)

    shared = dict(environ)
    for name in OWN_SECRETS:
        if found := [form for form in _forms(name) if shared.get(form)]:
            raise SettingError(f"{found[0]}: with {TENANTS} each tenant has its own; expected it in {path}, by tenant")
    entries = [_entry(name, given, shared) for name, given in read_entries(path)]
    problems = _collisions([entry for entry in entries if not entry.problem])
    return tuple(
        (entry.name, replace(entry, problem=problem and f"{where(entry)}: {problem}"))
        for entry in entries
        for problem in [entry.problem or problems.get(entry.name)]
    )


def _entry(name: str, given: Mapping[str, str] | str, shared: Mapping[str, str]) -> TenantEntry:
    """What is given for one tenant, over what is shared; `given` is a text where it is not even settings."""
    own = {} if isinstance(given, str) else {key: text for key, text in given.items() if key != SLOTS}
    replaced = {form for secret in CONFIDENTIAL for form in _forms(secret) if any(map(own.get, _forms(secret)))}
    variables = {key: text for key, text in shared.items() if key not in replaced} | own | {TENANT: name}
    for setting in OWN_FOLDERS:
        if not own.get(setting) and (folder := shared.get(setting) or (setting == HOME and str(Settings().home))):
            variables[setting] = f"{folder.rstrip('/')}/{name}"
    if not own.get(CATALOGS) and (catalogs := shared.get(CATALOGS)):
        variables[CATALOGS] = _NAMESPACE.sub(lambda found: f"{found[0]}_{name.replace('-', '_')}", catalogs)
    if isinstance(given, str):
        return TenantEntry(name, variables, own, problem=given)
    slots = given.get(SLOTS) or str(DEFAULT_SLOTS)
    problem = next(_problems(name, own, slots), None)
    return TenantEntry(name, variables, own, DEFAULT_SLOTS if problem else int(slots), problem)


def _forms(secret: str) -> tuple[str, str]:
    """The settings that give a secret."""
    return secret, secret + IN_A_FILE


def _problems(name: str, own: Mapping[str, str], slots: str) -> Iterator[str]:
    if not NAME.fullmatch(name):
        yield "expected a name of at most 40 lower-case letters, digits, _ and -, the first no _ or -"
    for key, text in own.items():
        if not key.startswith(PREFIX) or key in (TENANTS, TENANT):
            yield f"{key}: no such setting; expected {SLOTS} or a setting such as {PREFIX}API_URL"
        elif key in CONFIDENTIAL and text and not _VARIABLE.fullmatch(text):
            # Its value is shown nowhere.
            yield (
                f"{key}: a secret may not stand in this file; expected the name of a variable, such as "
                f"${{{name.upper().replace('-', '_')}_{key.removeprefix(PREFIX)}}}, or a file in {key}{IN_A_FILE}"
            )
        elif key in CONFIDENTIAL and text.startswith(f"${{{PREFIX}"):
            yield f"{key}: expected a variable whose name does not begin with {PREFIX}, as settings do (got {text})"
    if not (slots.isascii() and slots.isdigit() and 1 <= int(slots) <= MAX_SLOTS):
        yield f"{SLOTS}: expected a whole number from 1 to {MAX_SLOTS} (got {slots!r})"


def _collisions(entries: list[TenantEntry]) -> dict[str, str]:
    """What tenants share that each must have of its own; both are then refused, as one's data could reach the other."""
    owners: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in entries:
        for claim in _claims(entry):
            owners[claim].append(entry.name)
    problems = {
        name: f"{setting}: {value} is that of tenant {other} too; expected one for each"
        for (setting, value), names in owners.items()
        for name in names
        for other in names
        if other != name
    }
    roots = {_root(entry): entry.name for entry in entries}
    for root, name in roots.items():
        for around in filter(roots.get, root.parents):
            problem = f"{HOME}: {root} of tenant {name} is inside {around} of tenant {roots[around]}"
            problems |= dict.fromkeys((name, roots[around]), problem)
    return problems


def _claims(entry: TenantEntry) -> Iterator[tuple[str, str]]:
    """What this tenant alone may have: setting and value."""
    given, own = entry.variables, entry.own
    for setting in OWN_FOLDERS:
        if given.get(setting):
            yield setting, os.path.realpath(Path(given[setting]).expanduser())
    for name in OWN_SECRETS:
        for setting in _forms(name):
            if own.get(setting):
                yield setting, own[setting]
    # Exports of two tenants under one name would replace each other.
    for catalog in map(str.strip, given.get(CATALOGS, "").split(",")):
        if catalog.startswith("iceberg:"):
            yield CATALOGS, catalog
    # A port that all have from the environment is that of a container or a machine of its own.
    if own.get(PORT, "") not in ("", "0"):
        yield PORT, f"{given.get(f'{PREFIX}RECEIVER_HOST') or Settings().receiver_host}:{own[PORT]}"


def _root(entry: TenantEntry) -> Path:
    environment = entry.variables.get(ENV) or Settings().env
    return Path(os.path.realpath(Path(entry.variables[HOME], environment).expanduser()))
