"""Lists over real HTTP: pages that link to the next, pages by number, and lists that never end."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sighten_simulator.api.app import build_api
from sighten_simulator.serve import served
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.errors import ApiContractError
from support.scripted_api import TOKEN, Request, Response, Script, client_of, json_response, scripted

SITES = "/api/v1/site"
DAL = "/api/data/site/"


def number_in(request: Request, name: str, default: int) -> int:
    return int(parse_qs(urlsplit(request.target).query).get(name, [str(default)])[0])


def by_number(rows: int, *, most: int = 1000, beyond: str = "empty") -> Script:
    """A list with at most `most` items a page; `beyond` is how it answers after the last page."""

    def script(request: Request) -> Response:
        page, size = number_in(request, "page", 1), min(number_in(request, "limit", 25), most)
        last = max(1, -(-rows // size))
        if page > last and beyond == "404":
            return json_response({"detail": "Invalid page."}, 404)
        if page > last and beyond == "last":
            page = last
        return json_response({"data": list(range(rows))[(page - 1) * size : page * size], "status_code": 200})

    return script


def refused(script: Script, home: Path) -> tuple[str, int, int]:
    """The message, how many pages came before it, and how many requests were made."""
    pages: list[object] = []
    with scripted(script) as api, client_of(api.url, home) as client:
        with pytest.raises(ApiContractError) as caught:
            pages.extend(client.pages(SITES))
        return str(caught.value), len(pages), len(api.requests)


def test_a_list_without_links_that_counts_more_items_is_paged_by_number(tmp_path: Path) -> None:
    def script(request: Request) -> Response:
        page = number_in(request, "page", 1)
        found = list(range(5))[(page - 1) * 2 : page * 2]
        return (
            json_response({"count": 5, "results": found}) if found else json_response({"detail": "Invalid page."}, 404)
        )

    with scripted(script) as api, client_of(api.url, tmp_path) as client:
        pages = list(client.pages(SITES, query={"site_id": "a b"}))

    assert [[0, 1], [2, 3], [4]] == [page.content["results"] for page in pages]
    assert [f"{SITES}?site_id=a%20b", *(f"{SITES}?site_id=a%20b&page={page}" for page in (2, 3))] == api.targets


@pytest.mark.parametrize("link", ["absolute", "path", "query"])
def test_next_links_are_followed_with_the_token_only_when_needed(link: str, tmp_path: Path) -> None:
    def script(request: Request) -> Response:
        page = number_in(request, "page", 1)
        start = {"absolute": api.url + SITES, "path": SITES, "query": ""}[link]
        return json_response({"results": [page], "next": f"{start}?page={page + 1}" if page < 3 else None})

    with scripted(script) as api, client_of(api.url, tmp_path) as client:
        pages = client.pages(SITES)
        first = next(pages)
        made_for_the_first = len(api.requests)
        rest = list(pages)

    assert 1 == made_for_the_first
    assert [[1], [2], [3]] == [page.content["results"] for page in [first, *rest]]
    assert [SITES, f"{SITES}?page=2", f"{SITES}?page=3"] == [page.target for page in [first, *rest]]
    assert {f"Token {TOKEN}"} == {request.token for request in api.requests}


@pytest.mark.parametrize(
    "start", ["http://localhost:{port}", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "ftp:", "http://[::1"]
)
def test_a_next_link_to_another_origin_is_not_followed(start: str, tmp_path: Path) -> None:
    def script(_: Request) -> Response:
        elsewhere = start.format(port=api.url.rpartition(":")[2])
        return json_response({"results": [1], "next": f"{elsewhere}/api/v1/site?page=2"})

    with scripted(script) as api, client_of(api.url, tmp_path) as client:
        pages = client.pages(SITES)
        next(pages)
        with pytest.raises(ApiContractError, match=f"expected {api.url}; it was not followed"):
            next(pages)

    assert 1 == len(api.requests)


def test_pages_in_a_circle_are_detected(tmp_path: Path) -> None:
    def script(request: Request) -> Response:
        page = number_in(request, "page", 1)
        return json_response({"results": [page], "next": f"?page={page % 3 + 1}"})

    # Page 1 comes twice, once without a number.
    assert (f"{SITES}: a repeated page after 4 pages, expected an end of the list", 4, 4) == refused(script, tmp_path)


def test_the_same_items_under_new_addresses_are_detected(tmp_path: Path) -> None:
    def script(request: Request) -> Response:
        return json_response({"results": [1, 2], "next": f"?page={number_in(request, 'page', 1) + 1}"})

    message, pages, requests = refused(script, tmp_path)

    assert "a page with the same items as the one before" in message
    assert (1, 2) == (pages, requests)


@pytest.mark.parametrize("content", [{"next": None}, {"results": 5}, {"results": [1], "next": 2}, "text"])
def test_a_response_without_a_list_is_an_error(content: Any, tmp_path: Path) -> None:
    message, _, requests = refused(lambda _: json_response(content), tmp_path)

    assert message.startswith(SITES)
    assert 1 == requests


@pytest.mark.parametrize("beyond", ["empty", "404", "last"])
@pytest.mark.parametrize(("rows", "most"), [(0, 1000), (3, 1000), (20, 1000), (25, 1000), (25, 4), (10, 10)])
def test_numbered_pages_give_every_item_once_for_any_page_size(
    rows: int, most: int, beyond: str, tmp_path: Path
) -> None:
    with scripted(by_number(rows, most=most, beyond=beyond)) as api, client_of(api.url, tmp_path) as client:
        pages = list(client.numbered_pages(DAL, query={"metrics": "site_id"}, limit=10))

    assert list(range(rows)) == [item for page in pages for item in page.content["data"]]
    assert len(pages) + 1 >= len(api.requests)


def test_an_api_without_paging_gives_its_list_once(tmp_path: Path) -> None:
    with scripted(lambda _: json_response({"data": [1, 2, 3]})) as api, client_of(api.url, tmp_path) as client:
        pages = list(client.numbered_pages(DAL, limit=3))

    assert [[1, 2, 3]] == [page.content["data"] for page in pages]
    assert 2 == len(api.requests)


def test_the_simulated_lists_are_read_to_their_end_both_ways(tmp_path: Path) -> None:
    with served(build_api(build_simulation(4, 150), token=TOKEN)) as url, client_of(url, tmp_path) as client:
        linked = [row["uuid"] for page in client.pages("/api/v1/site") for row in page.content["results"]]
        pages = client.numbered_pages(DAL, query={"metrics": "site_id"}, limit=20)
        numbered = [row["site_id"] for page in pages for row in page.content["data"]]

    assert 25 < len(linked) == len(set(linked))
    assert sorted(linked) == sorted(numbered)
