"""Organizations with their users, and sites with their quotes."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sighten_simulator.world.randomness import new_uuid, seeded_random
from sighten_simulator.world.timestamps import random_duration, random_time, sometimes_whole_second
from sighten_simulator.world.wording import PEOPLE

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2026, 7, 1, tzinfo=UTC)
MILESTONES_PER_SITE = 3
USERS_PER_ORGANIZATION = 3

# Name, e-mail domain, and whether its payloads have the key set of 2021.
_ORGANIZATIONS = (
    ("Sunward Installers", "sunward.example", False),
    ("Mesa & Pine Energy", "mesapine.example", True),
    ("Clarté Solaire", "clarte.example", False),
    ("Blue Fern Electric", "bluefern.example", True),
    ('Harbor "Light" Solar', "harborlight.example", False),
)


@dataclass(frozen=True)
class User:
    """A user of Sighten; belongs to one organization."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    organization_id: str
    organization_name: str

    @property
    def full_name(self) -> str:
        """As the action log names who did something."""
        return f"{self.first_name} {self.last_name}"

    def as_payload(self) -> dict[str, Any]:
        """As it stands under `assigned_to`, keys in the order of the vendor's sample."""
        return {
            "email": self.email,
            "organization": self.organization_id,
            "last_name": self.last_name,
            "uuid": self.user_id,
            "organization_name": self.organization_name,
            "first_name": self.first_name,
        }


@dataclass(frozen=True)
class Organization:
    """An installer; `newer_keys` says that its payloads have the key set of 2021."""

    organization_id: str
    name: str
    newer_keys: bool
    users: tuple[User, ...]


@dataclass(frozen=True)
class Signing:
    """A contract signed on a quote."""

    quote_id: str
    signed_at: datetime


@dataclass(frozen=True)
class Site:
    """One site: its original quote and its signings, oldest first."""

    site_id: str
    workflow_id: str
    organization_id: str
    homeowner: tuple[str, str]
    date_created: datetime
    quote_id: str
    signings: tuple[Signing, ...]

    @property
    def signed_quote_id(self) -> str | None:
        """The quote in force; None while nothing is signed."""
        return self.signings[-1].quote_id if self.signings else None

    @property
    def quote_ids(self) -> tuple[str, ...]:
        """Every quote of the site, the original first."""
        return tuple(dict.fromkeys([self.quote_id, *(signing.quote_id for signing in self.signings)]))

    @property
    def re_signs(self) -> tuple[Signing, ...]:
        """Every signing after the first, oldest first; each replaces the quote before it."""
        return self.signings[1:]

    def as_of(self, now: datetime) -> "Site":
        """The site with its signings up to that time."""
        return replace(self, signings=tuple(signing for signing in self.signings if signing.signed_at <= now))


def new_organizations(seed: int) -> tuple[Organization, ...]:
    """All organizations of a simulation."""
    return tuple(_organization(seed, *row) for row in _ORGANIZATIONS)


def _organization(seed: int, name: str, domain: str, newer_keys: bool) -> Organization:  # noqa: FBT001  (a table's row)
    random = seeded_random(seed, "organization", name)
    organization_id = new_uuid(random)
    people = [("Generic", "Operations"), *random.sample(PEOPLE, USERS_PER_ORGANIZATION)]
    users = tuple(
        User(new_uuid(random), _email(first, last, domain), first, last, organization_id, name)
        for first, last in people
    )
    return Organization(organization_id, name, newer_keys, users)


def _email(first: str, last: str, domain: str) -> str:
    # E-mails are case-sensitive in Sighten: keep the case.
    ascii_name = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode()
    return f"{re.sub('[^A-Za-z.-]', '', ascii_name).strip('.')}@{domain}"


def new_site(
    seed: int, number: int, *, organization: Organization, ends: datetime = END, until: datetime = END
) -> Site:
    """The site of that number: about one in five is re-signed, some of them again; one in sixteen is never signed.

    Its times are those of a world that `ends` then; it has the signings before `until`.
    """
    random = seeded_random(seed, "site", number)
    created = random_time(random, BEGIN, END - timedelta(days=45)) + (ends - END)
    quote_id = new_uuid(random)
    return Site(
        site_id=new_uuid(random),
        workflow_id=new_uuid(random),
        organization_id=organization.organization_id,
        homeowner=random.choice(PEOPLE),
        date_created=created,
        quote_id=quote_id,
        signings=_signings(random, quote_id, created, until),
    )


def _signings(random: Random, quote_id: str, created: datetime, until: datetime) -> tuple[Signing, ...]:
    (count,) = random.choices((0, 1, 2, 3, 4), weights=(6, 74, 12, 6, 2))
    if not count:
        return ()
    at = random_time(random, created, created + timedelta(days=12))
    signings = [Signing(quote_id, at)]
    for _ in range(count - 1):
        # A re-sign can come at any time, even long after every milestone is approved.
        at += random_duration(random, shortest=timedelta(days=1), longest=timedelta(days=120))
        at = sometimes_whole_second(random, at)
        signings.append(Signing(new_uuid(random), at))
    return tuple(signing for signing in signings if signing.signed_at < until)
