"""Files that something damages behind the product's back: each is named, and the command that it names heals it."""

import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from prove.figures import Figures
from prove.steps import Operator, ailments
from sighten_simulator.webhooks.delivery_plan import plan_sample
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.manifest import commits, history_file
from sighten_warehouse.landing.files import landing_files, write_landing_file
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.layout import Layout

NAMED = "a damaged file is named and refused"
HEALED = "the command that is named heals it"
COMMAND = re.compile(r"`sighten-warehouse ([^`]+)`")
Damage = Callable[[Path, Random], None]


def cut_off_the_end(path: Path, random: Random) -> None:
    """Cut off the end of the file."""
    content = path.read_bytes()
    path.write_bytes(content[: random.randrange(len(content) - 1)])


def flip_a_bit(path: Path, random: Random) -> None:
    """Flip one bit of the file."""
    content = bytearray(path.read_bytes())
    content[random.randrange(len(content) - 1)] ^= 1 << random.randrange(8)  # the last byte may be a line break
    path.write_bytes(content)


def damage_files(operator: Operator, figures: Figures, random: Random, *, is_short: bool = False) -> None:
    """Damage a landing file, one that is not loaded yet, and a history file, in both ways, and heal each.

    The short form only flips a bit of history.
    """
    for damage in (cut_off_the_end, flip_a_bit):
        name = damage.__name__.replace("_", " ")
        if not is_short:
            _damage_landing(operator, figures, random, damage, name)
            _damage_pending(operator, figures, random, damage, name)
        if damage is flip_a_bit or not is_short:
            _damage_history(operator, figures, random, damage, name)


def _damage_landing(operator: Operator, figures: Figures, random: Random, damage: Damage, name: str) -> None:
    """A loaded landing file: `landing verify` names it, a rebuild refuses, and the backup heals it."""
    layout = operator.home.settings.layout
    names = landing_files(layout.landing)
    if not names:
        return
    victim = layout.landing / random.choice(names)
    figures.count("disturbances", f"{name} in a loaded landing file")
    with _damaged(victim, damage, random):
        _expect_naming(operator, figures, victim.name, "landing", "verify")
        _expect_naming(operator, figures, victim.name, "rebuild", "--jobs", "1")
    _expect_health(operator, figures, "the file from a backup")


def _damage_pending(operator: Operator, figures: Figures, random: Random, damage: Damage, name: str) -> None:
    """A landing file that is not loaded yet: it is named, not loaded as if it were whole, and loaded once restored."""
    landing, now = operator.home.settings.layout.landing, datetime.now(UTC)
    bodies = [delivery.body for delivery in plan_sample()]
    lines = [landing_line(body, landing_id=new_landing_id(), received_at=now) for body in bodies]
    victim = landing / write_landing_file(landing, lines, received_at=now)
    figures.count("disturbances", f"{name} in a pending landing file")
    with _damaged(victim, damage, random):
        _expect_naming(operator, figures, victim.name, "landing", "verify")
        answer = operator.run("load")
        if answer.exit_code == 0 and "landed 0:" not in answer.text:
            figures.breaks(NAMED, f"load took {victim.name} as if it were whole", answer.output)
    for command in (("load",), ("rebuild", "--jobs", "1")):
        operator.run(*command)
    _expect_health(operator, figures, "the file from a backup, and `load` or `rebuild`")


def _damage_history(operator: Operator, figures: Figures, random: Random, damage: Damage, name: str) -> None:
    """A history file: `publish --full` refuses it, `status --deep` names it and a rebuild, which heals it."""
    layout = resolve_lake(operator.home.settings.layout)
    victims = _history_files(layout)
    if not victims:
        return
    victim = random.choice(victims)
    figures.count("disturbances", f"{name} in a history file")
    content = victim.read_bytes()
    damage(victim, random)
    _expect_naming(operator, figures, victim.name, "publish", "--full")
    answer = _expect_naming(operator, figures, victim.name, "status", "--deep")
    named = COMMAND.search(answer[answer.find(victim.name) :])
    if named is None:
        figures.breaks(NAMED, f"{victim.name}: no command is named", operator.folder)
        victim.write_bytes(content)
        return
    operator.run(*shlex.split(named[1]), "--jobs", "1")
    _expect_health(operator, figures, f"`{named[1].split()[0]}`")


def _history_files(layout: Layout) -> list[Path]:
    return [
        history_file(layout, table, manifest.batch_id)
        for manifest in commits(layout)
        for table in manifest.history_files
    ]


@contextmanager
def _damaged(path: Path, damage: Damage, random: Random) -> Iterator[None]:
    content = path.read_bytes()
    damage(path, random)
    yield
    path.write_bytes(content)


def _expect_naming(operator: Operator, figures: Figures, name: str, *command: str) -> str:
    answer = operator.run(*command)
    if answer.exit_code == 0 or name not in answer.text:
        figures.breaks(NAMED, f"{' '.join(command)}: exit code {answer.exit_code}, {name} not named", answer.output)
    return answer.text


def _expect_health(operator: Operator, figures: Figures, healer: str) -> None:
    operator.run("publish")
    answer = operator.run("status", "--json", "--deep")
    if found := ailments(answer):
        figures.breaks(HEALED, f"{healer}: {'; '.join(found)}", answer.output)
    else:
        figures.count("healed", healer)
