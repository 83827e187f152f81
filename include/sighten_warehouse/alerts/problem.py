"""A problem that somebody has to look at, and the message about it."""

from datetime import datetime
from typing import Literal

import msgspec

Severity = Literal["error", "warning"]
State = Literal["open", "over"]
RUNBOOK = "docs/runbook.md"
TASK_FAILED = "task_failed/"  # with the DAG and the task, the key of a task of Airflow that failed


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem of one home; the same `key` is the same problem, however its text changes.

    `error`: data is missing, wrong or late for everybody; `warning`: something else to look at. `recipe`: the section
    of the runbook. `items`: what is counted; a new one is told although the problem was told before. `details`: the
    text in full, a line for each thing, where it is shortened. None holds personal data or secrets. `since`: when it
    began, if that is known.
    """

    key: str
    text: str
    recipe: str
    severity: Severity = "warning"
    items: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def sentences(self) -> list[str]:
        """The text in full, each line with the place of its recipe."""
        return [f"{self.severity}: {line} ({RUNBOOK}#{self.recipe})" for line in self.details or (self.text,)]


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a target receives about a problem; as JSON, what a webhook receives. `tenant` is there if there are any."""

    state: State
    key: str
    severity: Severity
    environment: str
    text: str
    recipe: str
    since: datetime | None
    sent_at: datetime
    tenant: str | None = None

    @property
    def subject(self) -> str:
        """One line for the subject of an e-mail and for Slack."""
        text = " ".join(self.text.split())  # a header of an e-mail is one line
        home = f"{self.tenant} {self.environment}" if self.tenant else self.environment
        return f"[Sighten {home}] {self.state}: {text}"

    @property
    def body(self) -> str:
        """The text of an e-mail."""
        since = f"Since: {self.since:%Y-%m-%d %H:%M:%S} UTC\n" if self.since else ""
        return f"{self.text}\n\nState: {self.state}\n{since}Recipe: {self.recipe}\n"

    @property
    def slack_text(self) -> str:
        """The text for Slack, which would take `<…>` for a link."""
        text = f"{self.subject}\nRecipe: {self.recipe}"
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def message_about(
    problem: Problem, state: State, *, environment: str, now: datetime, tenant: str | None = None
) -> Message:
    """The message that the problem is open or over."""
    return Message(
        state=state,
        key=problem.key,
        severity=problem.severity,
        environment=environment,
        text=problem.text,
        recipe=f"{RUNBOOK}#{problem.recipe}",
        since=problem.since,
        sent_at=now,
        tenant=tenant,
    )
