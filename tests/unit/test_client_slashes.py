"""Both slash styles over real HTTP: which one is asked, and how often."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from scripted_api import ApiRequest, Said, client_of, in_turn, said_json, scripted

from sighten_warehouse.api.errors import NotFoundError
from sighten_warehouse.api.urls import Addresses

DOCUMENT = "/api/v1/document/{document_id}/download/"
HTML_404 = Said(404, b"<h1>Not Found</h1>", {"Content-Type": "text/html"})
JSON_404 = said_json({"detail": "Not found."}, 404)


@pytest.mark.parametrize("wanted", ["/api/v1/site", "/api/v1/site/"])
@pytest.mark.parametrize("written", ["/api/v1/site", "/api/v1/site/"])
@pytest.mark.parametrize("says", ["redirect", "html", "json"])
def test_either_slash_style_finds_a_list_and_is_learnt(tmp_path: Path, wanted: str, written: str, says: str) -> None:
    # The redirect forgets the query: followed as it stands, it would bring the whole list.
    wrong = {"redirect": Said(301, b"", {"Location": wanted}), "html": HTML_404, "json": JSON_404}[says]

    def script(asked: ApiRequest) -> Said:
        return Said() if asked.target.partition("?")[0] == wanted else wrong

    with scripted(script) as api, client_of(api.url, tmp_path) as client:
        for _ in range(3):
            client.get(written, query={"site_id": "x"})

    tried = [] if wanted == written else [f"{written}?site_id=x"]
    assert [*tried, *[f"{wanted}?site_id=x"] * 3] == api.targets


def test_a_path_with_ids_is_learnt_in_the_other_style_from_a_404_that_is_not_json(tmp_path: Path) -> None:
    def script(asked: ApiRequest) -> Said:
        return HTML_404 if asked.target.endswith("/") else Said()

    with scripted(script) as api, client_of(api.url, tmp_path) as client:
        for name in ("a", "b"):
            client.get(DOCUMENT, ids={"document_id": name})

    assert [f"/api/v1/document/{n}" for n in ("a/download/", "a/download", "b/download")] == api.targets


@pytest.mark.parametrize(("missing", "requests"), [(JSON_404, 3), (HTML_404, 4)], ids=["json", "html"])
def test_what_is_missing_is_asked_for_once_and_a_path_in_the_other_style_once(
    tmp_path: Path, missing: Said, requests: int
) -> None:
    with scripted(in_turn(missing)) as api, client_of(api.url, tmp_path) as client:
        for name in ("a", "b", "c"):
            with pytest.raises(NotFoundError, match="not_found"):
                client.get(DOCUMENT, ids={"document_id": name})

    assert requests == len(api.asked)


def test_threads_that_meet_the_wrong_style_at_once_all_find_the_right_one(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def script(asked: ApiRequest) -> Said:
        if asked.target.endswith("/"):
            return Said()
        together.wait(10)
        return HTML_404

    with scripted(script) as api, client_of(api.url, tmp_path) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.get("/api/v1/site"), range(8)))

    assert [200] * 8 == [answer.status for answer in answers]
    assert 16 == len(api.asked)


def test_a_style_learnt_by_another_thread_in_the_meantime_is_tried() -> None:
    addresses = Addresses("http://127.0.0.1:1")
    addresses.knows("/api/v1/site", seen_at="http://127.0.0.1:1/api/v1/site/?a=b")

    other = addresses.other_style("/api/v1/site", seen_at="http://127.0.0.1:1/api/v1/site?a=b")

    assert "http://127.0.0.1:1/api/v1/site/?a=b" == other
    assert addresses.other_style("/api/v1/site", seen_at=other) is None
