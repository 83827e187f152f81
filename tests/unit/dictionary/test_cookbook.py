"""The cookbook: every query runs and returns what the page shows."""

import json
from pathlib import Path

import duckdb
import pytest

from sighten_warehouse.assistants.answering import Limits
from sighten_warehouse.assistants.server import assistant_server
from sighten_warehouse.dictionary.cookbook import recipes, render_cookbook
from sighten_warehouse.errors import ModelError
from sighten_warehouse.settings import read_settings
from support.assistant_clients import assistant
from support.repository import text
from support.warehouses import Warehouse


def test_the_cookbook_shows_the_results_of_its_queries(simulated: Warehouse) -> None:
    with duckdb.connect(str(simulated.settings.layout.warehouse_file), read_only=True) as connection:
        page = render_cookbook(connection)

    assert page == text("docs/cookbook.md"), "expected what `make docs` writes"


def test_an_assistant_answers_each_question_as_sql_does(simulated: Warehouse) -> None:
    settings = read_settings({"SIGHTEN_HOME": str(simulated.settings.home), "SIGHTEN_PII": "full"})

    with assistant(assistant_server(settings, limits=Limits())) as asked:
        prompts = {prompt.title: prompt.name for prompt in asked.ask("list_prompts").prompts}
        for recipe in recipes():
            [message] = asked.ask("get_prompt", prompts[recipe.question]).messages
            sql = message.content.text.partition("```sql\n")[2].removesuffix("\n```")

            figures = simulated.column(f"select json_array(*columns(*)) from ({recipe.sql})")
            assert [json.loads(row) for row in figures] == asked.query(sql), recipe.name


def test_there_are_twenty_two_different_questions() -> None:
    assert 22 == len({recipe.question for recipe in recipes()}) == len({recipe.sql for recipe in recipes()})


def test_a_recipe_without_a_question_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cookbook").mkdir()
    (tmp_path / "cookbook" / "01.sql").write_text("select 1")
    monkeypatch.setattr("sighten_warehouse.dictionary.cookbook.sql_folder", lambda: tmp_path)

    with pytest.raises(ModelError, match="expected a first line that is a question"):
        recipes()
