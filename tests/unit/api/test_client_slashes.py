"""Both slash styles over real HTTP: which one is requested, and how often."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sighten_warehouse.api.errors import NotFoundError
from sighten_warehouse.api.urls import Addresses
from support.scripted_api import Request, Response, client_of, in_order, json_response, scripted

DOCUMENT = "/api/v1/document/{document_id}/download/"
HTML_404 = Response(404, b"<h1>Not Found</h1>", {"Content-Type": "text/html"})
JSON_404 = json_response({"detail": "Not found."}, 404)


@pytest.mark.parametrize("wanted", ["/api/v1/site", "/api/v1/site/"])
@pytest.mark.parametrize("written", ["/api/v1/site", "/api/v1/site/"])
@pytest.mark.parametrize("says", ["redirect", "html", "json"])
def test_either_slash_style_finds_a_list_and_is_remembered(
    tmp_path: Path, wanted: str, written: str, says: str
) -> None:
    # The redirect lacks the query; followed as it is, it would return the whole list.
    wrong = {"redirect": Response(301, b"", {"Location": wanted}), "html": HTML_404, "json": JSON_404}[says]

    def script(request: Request) -> Response:
        return Response() if request.target.partition("?")[0] == wanted else wrong

    with scripted(script) as api, client_of(api.url, tmp_path) as client:
        for _ in range(3):
            client.get(written, query={"site_id": "x"})

    tried = [] if wanted == written else [f"{written}?site_id=x"]
    assert [*tried, *[f"{wanted}?site_id=x"] * 3] == api.targets


def test_a_404_that_is_not_json_switches_the_slash_style_of_a_path_with_ids(tmp_path: Path) -> None:
    def script(request: Request) -> Response:
        return HTML_404 if request.target.endswith("/") else Response()

    with scripted(script) as api, client_of(api.url, tmp_path) as client:
        for name in ("a", "b"):
            client.get(DOCUMENT, ids={"document_id": name})

    assert [f"/api/v1/document/{n}" for n in ("a/download/", "a/download", "b/download")] == api.targets


@pytest.mark.parametrize(("missing", "requests"), [(JSON_404, 3), (HTML_404, 4)], ids=["json", "html"])
def test_a_missing_entity_is_requested_once_and_the_other_slash_style_tried_once(
    tmp_path: Path, missing: Response, requests: int
) -> None:
    with scripted(in_order(missing)) as api, client_of(api.url, tmp_path) as client:
        for name in ("a", "b", "c"):
            with pytest.raises(NotFoundError, match="not_found"):
                client.get(DOCUMENT, ids={"document_id": name})

    assert requests == len(api.requests)


def test_threads_that_try_the_wrong_style_at_once_all_find_the_right_one(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def script(request: Request) -> Response:
        if request.target.endswith("/"):
            return Response()
        together.wait(10)
        return HTML_404

    with scripted(script) as api, client_of(api.url, tmp_path) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.get("/api/v1/site"), range(8)))

    assert [200] * 8 == [answer.status for answer in answers]
    assert 16 == len(api.requests)


def test_a_style_found_by_another_thread_is_tried() -> None:
    addresses = Addresses("http://127.0.0.1:1")
    addresses.learn_style("/api/v1/site", seen_at="http://127.0.0.1:1/api/v1/site/?a=b")

    other = addresses.other_style("/api/v1/site", seen_at="http://127.0.0.1:1/api/v1/site?a=b")

    assert "http://127.0.0.1:1/api/v1/site/?a=b" == other
    assert addresses.other_style("/api/v1/site", seen_at=other) is None
