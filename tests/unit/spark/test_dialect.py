"""The text of a model as Spark gets it."""

import re

import pytest

from sighten_warehouse.errors import ModelError
from sighten_warehouse.models import built_models, macros
from sighten_warehouse.spark.dialect import in_spark
from sighten_warehouse.spark.macros import Macro, expand, parts_of, spark_macros


def spark(sql: str) -> str:
    return " ".join(in_spark(sql, tables={"main.tasks", "staging.settings"}).split())


def names(engine: str) -> set[str]:
    return set(re.findall(r"^create or replace temp macro (\w+)\(", macros(engine), re.MULTILINE))


def test_a_macro_is_expanded_where_it_is_called_and_nowhere_else() -> None:
    assert "array(a) , list_of, x.list_of(b), 'list_of(c)'" == spark("list_of(a) , list_of, x.list_of(b), 'list_of(c)'")


def test_arguments_may_be_calls_lists_and_texts_with_signs() -> None:
    assert "array(f(a, (b, c), ')''(', array(d)))" == spark("list_of(f(a, (b, c), ')''(', list_of(d)))")


def test_a_parameter_does_not_stand_for_a_column_of_its_name() -> None:
    known = {"m": Macro({"name": None, "other": parts_of("null")}, parts_of("t.name = name and other is null"))}

    assert "t.name = name and null is null" == "".join(expand(parts_of("m(name)"), known))


def test_a_macro_named_like_a_function_calls_the_function() -> None:
    assert "max_by(a, case when a is not null then b end)" == spark("max_by(a, b)")


@pytest.mark.parametrize("call", ["list_of()", "list_of(a, b)", "list_of(a"])
def test_a_call_with_the_wrong_arguments_is_refused(call: str) -> None:
    with pytest.raises(ModelError, match=r"expected value|closing parenthesis"):
        spark(call)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select a, -- a comment\n b,\nfrom main.tasks", "select a, b from main__tasks"),
        ("select tasks.main from other.tasks", "select tasks.main from other.tasks"),
        ("f() over (order by a desc, g(b, c))", "f() over (order by a desc nulls last, g(b, c) nulls last )"),
        ("over (order by a nulls first rows between x)", "over (order by a nulls first rows between x)"),
        ("last_value(a ignore nulls) over w", "last_value(a) ignore nulls over w"),
        (r"'a\d'", r"'a\\d'"),
    ],
)
def test_what_the_engines_read_differently_is_made_explicit(sql: str, expected: str) -> None:
    assert expected == spark(sql)


def test_both_engines_know_the_functions_that_models_call() -> None:
    of_duckdb = names("duckdb")
    called = {part for model in built_models() for part in parts_of(model.select or "")} & of_duckdb

    assert {"explode"} == called - set(spark_macros())  # a function of Spark
