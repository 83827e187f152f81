"""Addresses in text: found however they are written, and no other person's."""

from typing import Any

import pytest

from sighten_warehouse.payload.addresses import erase_addresses, erase_people


def is_jane(text: str) -> bool:
    return text.casefold() == "jane@example.com"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jane@example.com", "erased"),
        ("Write to JANE@Example.COM.", "Write to erased."),
        ("<jane@example.com>,jane@example.com;", "<erased>,erased;"),
        ("mailto:jane@example.com?subject=x", "mailto:erased?subject=x"),
        ("/?email=jane%40example.com&x=%22jane@example.com", "/?email=erased&x=%22erased"),
        ("jane&#64;example.com", "erased"),
        ("contract_jane@example.com.pdf", "contract_erased.pdf"),
        ("a@b.c jane@example.com", "a@b.c erased"),
        ("maryjane@example.com mary.jane@example.com", "maryjane@example.com mary.jane@example.com"),
        ("jane@example.community jane@example.org", "jane@example.community jane@example.org"),
        ("@ jane@ @example.com", "@ jane@ @example.com"),
    ],
)
def test_an_address_is_erased_and_those_like_it_stay(text: str, expected: str) -> None:
    assert expected == erase_addresses(text, is_jane)


def test_the_names_beside_an_address_go_and_other_names_stay() -> None:
    jane: dict[str, Any] = {"email": "Jane@Example.com", "first_name": "Jane", "last_name": "Doe", "organization": "X"}
    ann = {"email": "ann@example.com", "first_name": "Jane", "last_name": "Roe"}
    comment = {"commentor": "jane@example.com", "commentor_first_name": "Jane", "name": "a comment"}

    rest = erase_people({"users": [jane, ann], "comments": [comment], "text": "Jane Doe and Jane Roe"}, is_jane)

    erased = {"email": "erased", "first_name": "erased", "last_name": "erased", "organization": "X"}
    expected = {"commentor": "erased", "commentor_first_name": "erased", "name": "a comment"}
    assert {"users": [erased, ann], "comments": [expected], "text": "erased and Jane Roe"} == rest


def test_two_keys_that_hold_an_address_stay_two() -> None:
    rest = erase_people({"jane@example.com": 1, "JANE@example.com": 2}, is_jane)

    assert {"erased": 1, "erased_": 2} == rest
