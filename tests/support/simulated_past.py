"""Milestones that only the stack's simulated API has, and Airflow's backfills over them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import requests

from devstack.simulated_past import SEED, read_past
from devstack.waiting import wait_until
from sighten_simulator.world.lives import build_simulation
from sighten_simulator.world.world import EVERYTHING, World
from support.running_stack import MILESTONES, PAST, RunningStack

DAG = "sighten_backfill_milestones"
SECONDS = 240
DAYS = 3


@dataclass(frozen=True)
class PastDays:
    """Three consecutive days; `sites`: site → day of its last update; `milestones`: site → its milestones."""

    first: date
    sites: dict[str, date]
    milestones: dict[str, set[str]]

    @property
    def all(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(DAYS)]

    def milestones_of(self, sites: Collection[str]) -> set[str]:
        return {milestone_id for site_id in sites for milestone_id in self.milestones[site_id]}


def busiest_days(running: RunningStack) -> PastDays:
    """Three consecutive days with updates on as many of them as possible, of sites that no webhook delivered."""
    past = read_past(running.settings, milestones=MILESTONES, today=datetime.now(UTC))
    ends, until = (datetime.fromisoformat(str(time)).replace(tzinfo=UTC) for time in (past.ends, past.delivered_until))
    index = World(build_simulation(SEED, MILESTONES + PAST, ends=ends, until=until)).index_for(EVERYTHING)
    delivered = {life.site.site_id for life in build_simulation(SEED, MILESTONES, ends=ends, until=until).lives}
    updated = {
        site.site_id: datetime.fromisoformat(index.last_updated(site)).date()
        for site in index.sites.values()
        if site.site_id not in delivered
    }

    def of_days(first: date) -> dict[str, date]:
        last = first + timedelta(days=DAYS)
        return {site_id: day for site_id, day in updated.items() if first <= day < last}

    first = max(updated.values(), key=lambda day: (len(set(of_days(day).values())), day))
    sites = of_days(first)
    milestones = {site_id: {life.milestone_id for life in index.lives_by_site[site_id]} for site_id in sites}
    return PastDays(first, sites, milestones)


@dataclass(frozen=True)
class Backfills:
    """Backfills of those days in a running stack."""

    running: RunningStack
    past: PastDays

    def create_by_command(self, *options: str) -> None:
        """Create a backfill at a terminal."""
        days = ("--from-date", str(self.past.all[0]), "--to-date", str(self.past.all[-1]))
        self.running.airflow("backfill", "create", "--dag-id", DAG, *days, *options)

    def create_by_rest(self, **options: Any) -> None:
        """Create a backfill as Airflow's UI does."""
        days = {"from_date": str(self.past.all[0]), "to_date": str(self.past.all[-1])}
        wait_until(self._is_read, what="the DAG in Airflow", seconds=SECONDS, every=0.5)
        self.running.call_airflow("POST", "backfills", {"dag_id": DAG, **days, **options})

    def _is_read(self) -> bool:
        return DAG in {dag["dag_id"] for dag in self.running.call_airflow("GET", "dags")["dags"]}

    def runs(self) -> dict[date, dict[str, Any]]:
        """The DAG's runs by day, once all have ended."""
        found: list[dict[str, Any]] = []

        def have_ended() -> bool:
            found[:] = self.running.call_airflow("GET", f"dags/{DAG}/dagRuns?limit=100")["dag_runs"]
            return bool(found) and all(run["state"] in ("success", "failed") for run in found)

        wait_until(have_ended, what="the end of all runs", seconds=SECONDS, every=0.5)
        return {datetime.fromisoformat(run["data_interval_start"]).date(): run for run in found}

    def wait_until_over(self) -> None:
        """Wait for the end; Airflow checks every 30 s, and refuses another backfill before."""
        path = f"backfills?dag_id={DAG}"
        wait_until(
            lambda: all(backfill["completed_at"] for backfill in self.running.call_airflow("GET", path)["backfills"]),
            what="the end of the backfill",
            seconds=SECONDS,
            every=0.5,
        )

    def refuse(self, site_id: str) -> None:
        """Let the simulated API refuse requests about that site."""
        body = {"about": site_id, "status": 400}
        requests.post(f"{self.running.simulator_url}/simulator/refusals", json=body, timeout=30).raise_for_status()

    def refuse_nothing(self) -> None:
        """Let it answer everything again."""
        requests.delete(f"{self.running.simulator_url}/simulator/refusals", timeout=30).raise_for_status()

    def pulls(self) -> dict[str, int]:
        """How often each site was pulled; a pull starts with the site's workflows."""
        calls = [call for call in self.running.calls()["requests"] if call["path"].strip("/").endswith("ops_workflow")]
        return {site_id: sum(call["params"].get("site_id") == site_id for call in calls) for site_id in self.past.sites}
