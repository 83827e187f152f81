"""What `make run` waits for: published deliveries, and then published answers of the API."""

from devstack.await_published import is_api_published, is_published
from sighten_warehouse.landing.files import landing_files
from support.running_stack import SAMPLE
from support.warehouses import Warehouse


def test_deliveries_count_as_published_whatever_lands_after_them(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE.read_bytes())
    delivered = frozenset(landing_files(warehouse.settings.layout.landing))
    states = [is_published(warehouse.settings, delivered)]
    warehouse.load()
    states.append(is_published(warehouse.settings, delivered))

    warehouse.publish()
    warehouse.land({"an": "answer"})

    states.append(is_published(warehouse.settings, delivered))
    assert [False, False, True] == states


def test_api_data_is_incomplete_while_a_quote_is_due_or_an_answer_is_not_published(warehouse: Warehouse) -> None:
    warehouse.deliver({"stage_id": 1, "site_id": "a1f7e1d6-0c53-4d4e-9d35-3a6f3a0ddc11"})
    without_quotes = is_api_published(warehouse.settings)
    warehouse.land({"an": "answer"})
    with_an_answer = is_api_published(warehouse.settings)

    warehouse.deliver(SAMPLE.read_bytes())

    assert [True, False, False] == [without_quotes, with_an_answer, is_api_published(warehouse.settings)]
