"""Who goes first on a busy machine: few new deliveries, before the backlog of another home."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sighten_warehouse.locks import BEHIND_OTHERS
from sighten_warehouse.publish import step
from support.factories import a_milestone
from support.warehouses import Warehouse


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def test_a_backlog_is_published_behind_others_and_few_new_deliveries_are_not(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def seeing(build: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            seen.append(niceness())
            return build(*arguments, **named)

        return called

    monkeypatch.setattr(step, "MANY_NEW", 2)
    monkeypatch.setattr(step, "build_warehouse", seeing(step.build_warehouse))
    monkeypatch.setattr(step, "update_warehouse", seeing(step.update_warehouse))
    for bodies in ([a_milestone(name) for name in ("one", "two", "three")], [a_milestone("four")]):
        warehouse.take_in(*bodies)
        with ThreadPoolExecutor(1) as thread:  # who is not root cannot go first again
            thread.submit(warehouse.publish).result()

    assert [max(niceness(), BEHIND_OTHERS), niceness()] == seen
    assert 4 == warehouse.value("select count(*) from milestones")
