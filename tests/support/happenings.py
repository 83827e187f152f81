"""What can happen to a home between two publishes: deliveries, answers, decisions, copied files, codes, compactions."""

import random
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from sighten_warehouse.lake.compaction import compact
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.landing.line import API_REQUEST_HEADER
from sighten_warehouse.ops.decisions import discard, retry_as
from sighten_warehouse.ops.drift import acknowledge
from sighten_warehouse.ops.quarantine import quarantined
from sighten_warehouse.payload.answers.downloads import STATUSES
from support.factories import a_comment, a_user, an_id, as_json
from support.warehouses import Warehouse
from support.worlds import TIMES, a_world, in_some_dialect

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("Ann", "Bob", "Cid")
WORDING = ("Ann Operations submitted milestone {}.", "Bob Operations approved milestone {}.", "Cid rejected it.")
LATER = "2026-10-{:02}T10:00:00Z"


class Happenings:
    """Happenings in a few worlds that share users, organizations and quotes; every landing is loaded at once."""

    def __init__(self, warehouse: Warehouse, chance: random.Random, *, worlds: int = 3) -> None:
        self.warehouse, self.chance = warehouse, chance
        self.worlds = [f"world {number}" for number in range(worlds)]
        self.waiting = [
            payload for name in self.worlds for payload in a_world(chance, name, max_deliveries=8) if payload
        ]
        chance.shuffle(self.waiting)
        self.kinds: list[tuple[Callable[[], Any], int]] = [
            (self.deliver, 10),
            (self.repeat, 2),
            (self.deliver_garbage, 2),
            (self.answer_signed_quote, 4),
            (self.answer_values, 3),
            (self.answer_download, 3),
            (self.answer_listing, 2),
            (self.answer_milestone, 2),
            (self.decide, 2),
            (self.copy_a_file, 1),
            (self.compact, 2),
            (self.acknowledge_drift, 1),
            (self.know_a_code, 1),
        ]

    def happen(self) -> str:
        """Let something happen; return its name."""
        happenings, weights = zip(*self.kinds, strict=True)
        happening = self.chance.choices(happenings, weights)[0]
        happening()
        return str(happening.__name__)

    def deliver(self) -> None:
        payloads = [self._odd(self._next()) for _ in range(self.chance.randint(1, 3))]
        self.warehouse.take_in(*(in_some_dialect(self.chance, payload) for payload in payloads))

    def _next(self) -> dict[str, Any]:
        if not self.waiting:
            self.waiting = a_world(self.chance, self.chance.choice(self.worlds), max_deliveries=4)
        return self.waiting.pop()

    def _odd(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Other people, quotes, codes, unknown fields and a log that is worded as the vendor's."""
        if self.chance.random() < 0.6:
            payload = payload | {"assigned_to": self._user()}
        if self.chance.random() < 0.3:
            payload = payload | {"quote": self._quote()}
        if self.chance.random() < 0.2:
            payload = payload | {"new_quote": self._quote()}
        if self.chance.random() < 0.2:
            payload = payload | self.chance.choice([{"odd": 1}, {"status": "ODD"}, {"status": "REJECTED"}])
        if self.chance.random() < 0.4:
            name = str(payload.get("name"))
            key, text = self.chance.choice("abcdef"), self.chance.choice(WORDING).format(name)
            author = a_user(self.chance.choice(NAMES))
            log = a_comment(f"{payload['uuid']} {key}", text, self.chance.choice(TIMES))
            log |= {"commentor_id": author["uuid"], "commentor_first_name": author["first_name"]}
            payload = payload | {"comments": [*(payload.get("comments") or []), log]}
        return payload

    def _user(self) -> dict[str, Any]:
        user = a_user(self.chance.choice(NAMES))
        organization = self.chance.choice(["one", "two", None])
        changes: dict[str, Any] = {
            "organization": an_id(f"organization {organization}") if organization else None,
            "organization_name": self.chance.choice([organization, organization, "renamed", None]),
        }
        return user | changes | self.chance.choice([{}, {}, {"email": "new@example.com"}, {"last_name": None}])

    def _quote(self) -> str:
        return an_id(f"quote {self.chance.choice('pqrs')}")

    def _milestone(self) -> str:
        return an_id(f"milestone {self.chance.choice(self.worlds)} {self.chance.choice('ab')}")

    def repeat(self) -> None:
        """Deliver again what was delivered before, also as an import of an older time."""
        payload = self._next()
        self.warehouse.take_in(as_json(payload))
        if self.chance.random() < 0.5:
            self.warehouse.clock -= timedelta(days=3)
            self.warehouse.take_in(as_json(payload), source="import")
            self.warehouse.clock += timedelta(days=3)
        else:
            self.warehouse.take_in(as_json(payload))

    def deliver_garbage(self) -> None:
        self.warehouse.take_in(self.chance.choice([b"no json", b"{}", b'{"milestone": 1, "uuid": "x"}', b"[]", b""]))

    def _answer(self, content: Any, **request: Any) -> None:
        facts = {"target": "/", "status": 200} | request
        header = {API_REQUEST_HEADER: msgspec.json.encode(ApiRequest(**facts)).decode()}
        self.warehouse.take_in(as_json(content), source="api", headers=header)

    def answer_signed_quote(self) -> None:
        signed = self.chance.choice([self._quote(), None])
        self._answer({"data": [{"s_quote_id": signed}]}, purpose="signed_quote", quote_id=self._quote())

    def answer_values(self) -> None:
        value = self.chance.choice([1, "two", None, [1, 2], {"a": 1}])
        self._answer({"data": [{"m": value}]}, purpose="dal", quote_id=self._quote(), object="o", metrics=("m",))

    def answer_download(self) -> None:
        document = an_id(f"document {self.chance.choice(self.worlds)} document {self.chance.randrange(3)}")
        record = {"document_id": document, "download_status": self.chance.choice(STATUSES)}
        self._answer(record, purpose="download", document_id=document)

    def answer_listing(self) -> None:
        """A reconcile of one site."""
        day = self.chance.randint(1, 9)
        items = [
            {"uuid": self._milestone(), "status": self.chance.choice(["SUBMITTED", "APPROVED", "INPROG"])}
            | self.chance.choice([{}, {"date_updated": LATER.format(day)}])
            for _ in range(2)
        ]
        times = {"site_updated_at": LATER.format(day), "compared_from": LATER.format(1), "asked_at": LATER.format(20)}
        site = an_id(f"site {self.chance.choice('xy')}")
        self._answer({"milestones": items}, purpose="rest_milestones", site_id=site, **times)

    def answer_milestone(self) -> None:
        """A pull of one milestone by REST."""
        milestone = self._milestone()
        content = {
            "workflow": {"quote": self._quote()},
            "milestone": {"uuid": milestone, "status": self.chance.choice(["SUBMITTED", "APPROVED", None])},
            "tasks": [{"uuid": an_id(f"task {self.chance.choice(self.worlds)} task 1"), "status": "APPROVED"}],
        }
        times = {"site_updated_at": LATER.format(3), "asked_at": LATER.format(self.chance.randint(4, 25))}
        self._answer(content, purpose="rest_milestone", milestone_id=milestone, site_id=an_id("site x"), **times)

    def decide(self) -> None:
        """Retry a quarantined delivery with a mended body, again and again, or discard it."""
        found = quarantined(self.warehouse.settings.layout)
        if found:
            landing_id = self.chance.choice(found).landing_id
            if self.chance.random() < 0.7:
                retry_as(self.warehouse.settings, landing_id, as_json(self._odd(self._next())))
            elif all(delivery.decision != "discard" for delivery in found if delivery.landing_id == landing_id):
                discard(self.warehouse.settings, [landing_id], reason="no use")

    def copy_a_file(self) -> None:
        """Somebody copies a landing file."""
        files = sorted(self.warehouse.settings.layout.landing.rglob("*.ndjson*"))
        if files and self.chance.random() < 0.3:
            file = self.chance.choice(files)
            shutil.copyfile(file, file.with_name(f"copy of {file.name}"))
            self.warehouse.load()

    def compact(self) -> None:
        compact(self.warehouse.settings.layout)

    def acknowledge_drift(self) -> None:
        places = self.warehouse.rows("select kind, path, drift from ops.drift where acknowledged_at is null")
        if places:
            path = self.chance.choice(places)[1]
            acknowledge(self.warehouse.settings, path=path, note="known")

    def know_a_code(self) -> None:
        self.warehouse.settings.layout.codes.write_text("milestone_status: [ODD]\n")
