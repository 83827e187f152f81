"""The DAG that erases, answered by a person as Airflow's UI answers it."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.models.hitl import HITLDetail
from airflow.models.taskinstance import TaskInstance
from airflow.sdk.exceptions import AirflowFailException
from airflow.utils.session import create_session
from airflow.utils.state import TaskInstanceState
from sqlalchemy import select

from sighten_airflow.erasing import fail_if_left, subject_param
from sighten_warehouse import load
from sighten_warehouse.landing.erasures import read_erasures
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.settings import Settings

pytestmark = pytest.mark.airflow
Run = Callable[..., dict[str, list[str]]]
SOMEBODY = SimpleNamespace(get_id=lambda: "1", get_name=lambda: "somebody")


class Person(threading.Thread):
    """Waits until a run asks, reads what it asks, and answers."""

    def __init__(self, answer: str) -> None:
        # All of Airflow's API: seconds, in every process that collects the tests.
        from airflow.api_fastapi.core_api.datamodels import hitl  # noqa: PLC0415  (as said above)
        from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail  # noqa: PLC0415  (as above)

        super().__init__()
        self.update = update_hitl_detail
        self.payload = hitl.UpdateHITLDetailPayload(chosen_options=[answer])
        self.asked = ""
        self.is_over = threading.Event()

    def run(self) -> None:
        while not self.asked and not self.is_over.wait(0.2):
            with create_session() as session:
                waiting = TaskInstance.state == TaskInstanceState.AWAITING_INPUT
                task = session.scalar(select(TaskInstance).where(waiting))
                if task is not None:
                    detail = session.scalar(select(HITLDetail).where(HITLDetail.ti_id == task.id))
                    self.asked = f"{detail.subject}\n{detail.body}"
                    self.update(task.dag_id, task.run_id, task.task_id, self.payload, SOMEBODY, session)


def test_it_erases_once_a_person_has_approved(run: Run, settings: Settings, land: Callable[..., str]) -> None:
    land(b'{"stage_id": 1, "contact": "jane@sunny.example"}')
    load.load(settings)
    conf = {"what": "email", "value": "Jane@Sunny.example"}

    asked, states = {}, {}
    for answer in ("Reject", "Approve"):
        person = Person(answer)
        person.start()
        states[answer] = run("sighten_erase_subject", run_conf=conf)
        person.is_over.set()
        person.join()
        asked[answer] = person.asked

    [name] = landing_files(settings.layout.landing)
    assert (["skipped"], ["success"]) == (states["Reject"]["erase"], states["Approve"]["erase"])
    assert ["success"] == states["Approve"]["run"] == states["Approve"]["check"]
    assert asked["Approve"].startswith("Erase this email for good?\n- 1 landing lines\n- 1 landing files\n")
    assert "sunny" not in asked["Approve"]
    assert 1 == len(read_erasures(settings.layout))
    assert b"sunny" not in next(iter(read_raw_lines(settings.layout.landing / name))).lower()


@pytest.mark.parametrize("params", [{}, {"what": "site", "value": "one"}, {"what": "email", "value": "jane at sunny"}])
def test_what_cannot_be_erased_is_refused_without_repeating_it(params: dict[str, Any]) -> None:
    with pytest.raises(AirflowFailException, match=r"^parameter value: expected (a UUID|an e-mail address)$"):
        subject_param(params)


def test_what_is_left_fails_the_run() -> None:
    fail_if_left([])

    with pytest.raises(AirflowFailException, match="somebody has to look at: notes"):
        fail_if_left(["notes.txt: not a file of this product"])
