"""What the stack's simulated Sighten knows and no webhook told, and Airflow's backfills over it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import requests
from running_stack import MILESTONES, PAST, RunningStack

from sighten_simulator.world.lives import build_simulation
from sighten_simulator.world.world import EVERYTHING, World
from stack.sighten import SEED
from stack.waiting import wait_until

DAG = "backfill_milestones"
SECONDS = 240
DAYS = 3


@dataclass(frozen=True)
class PastDays:
    """Three days in a row; `sites`: site → the day of its last update; `milestones`: site → its milestones."""

    first: date
    sites: dict[str, date]
    milestones: dict[str, set[str]]

    @property
    def all(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(DAYS)]

    def milestones_of(self, sites: Collection[str]) -> set[str]:
        return {milestone_id for site_id in sites for milestone_id in self.milestones[site_id]}


def busiest_days() -> PastDays:
    """The three days in a row on which most of those sites were last updated of which no webhook told."""
    index = World(build_simulation(SEED, MILESTONES + PAST)).index_for(EVERYTHING)
    told = {life.site.site_id for life in build_simulation(SEED, MILESTONES).lives}
    updated = {
        site.site_id: datetime.fromisoformat(index.last_updated(site)).date()
        for site in index.sites.values()
        if site.site_id not in told
    }

    def of_days(first: date) -> dict[str, date]:
        last = first + timedelta(days=DAYS)
        return {site_id: day for site_id, day in updated.items() if first <= day < last}

    first = max(updated.values(), key=lambda day: (len(set(of_days(day).values())), day))
    sites = of_days(first)
    return PastDays(first, sites, {one: {life.milestone_id for life in index.lives_by_site[one]} for one in sites})


@dataclass(frozen=True)
class Backfills:
    """Backfills of those days in a running stack."""

    running: RunningStack
    past: PastDays

    def create_by_command(self, *options: str) -> None:
        """Create one at a terminal."""
        days = ("--from-date", str(self.past.all[0]), "--to-date", str(self.past.all[-1]))
        self.running.airflow("backfill", "create", "--dag-id", DAG, *days, *options)

    def create_by_rest(self, **options: Any) -> None:
        """Create one as Airflow's UI does."""
        days = {"from_date": str(self.past.all[0]), "to_date": str(self.past.all[-1])}
        wait_until(self._is_read, what="the DAG in Airflow", seconds=SECONDS, every=0.5)
        self.running.ask_airflow("POST", "backfills", {"dag_id": DAG, **days, **options})

    def _is_read(self) -> bool:
        return DAG in {one["dag_id"] for one in self.running.ask_airflow("GET", "dags")["dags"]}

    def runs(self) -> dict[date, dict[str, Any]]:
        """The DAG's runs by their days, once all of them have ended."""
        found: list[dict[str, Any]] = []

        def have_ended() -> bool:
            found[:] = self.running.ask_airflow("GET", f"dags/{DAG}/dagRuns?limit=100")["dag_runs"]
            return bool(found) and all(run["state"] in ("success", "failed") for run in found)

        wait_until(have_ended, what="the end of all runs", seconds=SECONDS, every=0.5)
        return {datetime.fromisoformat(run["data_interval_start"]).date(): run for run in found}

    def wait_until_over(self) -> None:
        """Airflow looks every 30 s whether one has nothing left to do, and refuses another one before."""
        path = f"backfills?dag_id={DAG}"
        wait_until(
            lambda: all(one["completed_at"] for one in self.running.ask_airflow("GET", path)["backfills"]),
            what="the end of the backfill",
            seconds=SECONDS,
            every=0.5,
        )

    def refuse(self, site_id: str) -> None:
        """Let the simulated Sighten tell nothing more of that site."""
        body = {"about": site_id, "status": 400}
        requests.post(f"{self.running.simulator_url}/simulator/refusals", json=body, timeout=30).raise_for_status()

    def refuse_nothing(self) -> None:
        """Let it tell everything again."""
        requests.delete(f"{self.running.simulator_url}/simulator/refusals", timeout=30).raise_for_status()

    def walks(self) -> dict[str, int]:
        """How often each site's workflows were asked for, which is where a pull begins."""
        asked = [one for one in self.running.calls()["requests"] if one["path"].strip("/").endswith("ops_workflow")]
        return {site_id: sum(one["params"].get("site_id") == site_id for one in asked) for site_id in self.past.sites}
