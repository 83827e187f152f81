"""Documents that are redirected, truncated, missing or oddly named, over real HTTP."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import Message
from urllib3.exceptions import HTTPError

from sighten_simulator.api.app import SimulatorOptions, build_sighten
from sighten_simulator.api.journal import Journal, JournalMiddleware, fingerprint
from sighten_simulator.documents.contents import content_of
from sighten_simulator.documents.options import TROUBLES, DocumentOptions, DocumentTroubles, Trouble
from sighten_simulator.running import RunningSimulator, running_simulator
from sighten_simulator.world.lives import Simulation, build_simulation
from sighten_simulator.world.world import EVERYTHING, World
from support.asgi_calls import ask

SAMPLE_DOCUMENT = "189bd7c0-2e6f-45cb-a00e-33ca4fe297d2"
PATH = f"/api/v1/document/{SAMPLE_DOCUMENT}/download/"
TOKEN = {"Authorization": "Token any"}
REDIRECTED = DocumentOptions(redirects=1)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return build_simulation(4, 3)


@pytest.fixture(scope="module")
def content(simulation: Simulation) -> bytes:
    with running_simulator(simulation) as simulator:
        return _get(simulator).content


@contextmanager
def _serving(simulation: Simulation, documents: DocumentOptions) -> Iterator[RunningSimulator]:
    with running_simulator(simulation, SimulatorOptions(documents=documents)) as simulator:
        yield simulator


def _api(simulation: Simulation, documents: DocumentOptions) -> Starlette:
    return build_sighten(simulation, SimulatorOptions(documents=documents), storage_url="http://storage.test").api


def _uploaded(simulation: Simulation) -> list[str]:
    documents = World(simulation).index_for(EVERYTHING).documents
    return [document_id for document_id, document in documents.items() if document.is_uploaded]


def _get(simulator: RunningSimulator, **headers: str) -> requests.Response:
    return requests.get(simulator.url + PATH, headers={**TOKEN, **headers}, timeout=10, allow_redirects=False)


def _follow(redirect: requests.Response, **headers: str) -> requests.Response:
    return requests.get(redirect.headers["location"], headers=headers, timeout=10)


def test_a_redirect_leads_to_a_signed_url_that_needs_no_token(simulation: Simulation, content: bytes) -> None:
    with _serving(simulation, REDIRECTED) as simulator:
        redirect = _get(simulator)
        document = _follow(redirect)

    assert (302, b"") == (redirect.status_code, redirect.content)
    assert redirect.headers["location"].startswith(f"{simulator.storage_url}/files/{SAMPLE_DOCUMENT}?")
    assert simulator.url != simulator.storage_url
    assert content == document.content


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "Proxy-Authorization"])
def test_the_storage_host_refuses_and_counts_credentials(simulation: Simulation, name: str) -> None:
    with _serving(simulation, REDIRECTED) as simulator:
        refused = _follow(_get(simulator), **{name: "Token any"})
        journal = simulator.journal.as_json()

    assert 400 == refused.status_code
    assert 1 == journal["credentials_sent_elsewhere"]
    assert {fingerprint("any"): 1} == journal["calls"]["storage GET /files/{uuid}"]["tokens"]


def test_an_unsigned_an_altered_and_an_expired_url_are_refused(simulation: Simulation) -> None:
    with _serving(simulation, REDIRECTED) as simulator:
        url = _get(simulator).headers["location"]
        invalid = [
            url.partition("?")[0],
            url[:-1] + ("0" if url[-1] != "0" else "1"),
            url.replace("Expires=", "Expires=9"),
        ]
        statuses = {requests.get(url, timeout=10).status_code for url in invalid}
    with _serving(simulation, DocumentOptions(redirects=1, redirect_to="expired")) as simulator:
        expired = _follow(_get(simulator)).status_code

    assert {403} == statuses
    assert 403 == expired


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("relative", f"/files/{SAMPLE_DOCUMENT}"),
        ("loop", PATH),
        ("file", "file:///etc/hostname"),
        ("private", f"http://10.255.255.1/files/{SAMPLE_DOCUMENT}"),
        ("nowhere", None),
    ],
)
def test_a_redirect_may_lead_to_a_trap(simulation: Simulation, target: Any, location: str | None) -> None:
    redirect = ask(_api(simulation, DocumentOptions(redirects=1, redirect_to=target)), PATH)

    assert (302, location) == (redirect.status, redirect.headers.get("location"))


def test_some_documents_redirect_by_the_seed(simulation: Simulation) -> None:
    apis = [_api(simulation, DocumentOptions(redirects=0.5)) for _ in range(2)]

    first, again = (
        [ask(api, f"/api/v1/document/{document_id}/download").status for document_id in _uploaded(simulation)]
        for api in apis
    )

    assert {200, 302} == set(first)
    assert first == again


def test_each_trouble_has_its_response_and_ends_after_the_configured_tries(simulation: Simulation) -> None:
    expected: dict[Trouble, tuple[int, bytes]] = {
        "short": (200, b"%PDF"),
        "empty": (200, b""),
        "html": (200, b"<!doctype html>"),
        "slow": (200, b"%PDF"),
        "forbidden": (403, b'{"detail"'),
        "missing": (404, b'{"detail"'),
        "server_error": (500, b'{"detail"'),
    }
    troubled = dict(zip(_uploaded(simulation), expected, strict=False))
    documents = DocumentOptions(redirects=0.5, troubled=troubled, tries=1, slow_s=0.2)

    with _serving(simulation, documents) as simulator:
        urls = {document_id: f"{simulator.url}/api/v1/document/{document_id}/download/" for document_id in troubled}
        first = {document_id: requests.get(url, headers=TOKEN, timeout=10) for document_id, url in urls.items()}
        second = {document_id: requests.get(url, headers=TOKEN, timeout=10) for document_id, url in urls.items()}

    assert len(expected) == len(troubled)
    for document_id, trouble in troubled.items():
        status, prefix = expected[trouble]
        content = content_of(document_id)
        assert (status, True) == (first[document_id].status_code, first[document_id].content.startswith(prefix))
        assert (first[document_id].content == content) is (trouble == "slow")
        assert trouble != "slow" or first[document_id].elapsed.total_seconds() >= 0.2
        assert (200, content) == (second[document_id].status_code, second[document_id].content)


@pytest.mark.parametrize("trouble", ["truncated", "unended"])
def test_half_a_body_closes_its_connection(simulation: Simulation, content: bytes, trouble: Trouble) -> None:
    documents = DocumentOptions(troubled={SAMPLE_DOCUMENT: trouble})
    with (
        _serving(simulation, documents) as simulator,
        requests.get(simulator.url + PATH, headers=TOKEN, timeout=10, stream=True) as response,
    ):
        half = response.raw.read(len(content) // 2)
        with pytest.raises(HTTPError):
            response.raw.read()

    assert content[: len(content) // 2] == half
    assert (str(len(content)) if trouble == "truncated" else None) == response.headers.get("content-length")


def test_troubles_follow_their_shares_and_the_seed() -> None:
    options = DocumentOptions(troubles=dict.fromkeys(TROUBLES, 1 / len(TROUBLES)))

    first, again, other = (
        [DocumentTroubles(options, seed=seed).trouble(str(n)) for n in range(200)] for seed in (3, 3, 4)
    )

    assert set(TROUBLES) == set(first)
    assert first == again
    assert first != other


def test_the_rest_of_a_document_can_be_requested(simulation: Simulation, content: bytes) -> None:
    with _serving(simulation, DocumentOptions(ranges="yes")) as simulator:
        tag = _get(simulator).headers["etag"]
        rest = _get(simulator, Range="bytes=100-", **{"If-Range": tag})
        some = _get(simulator, Range="bytes=100-109")
        other = _get(simulator, Range="bytes=100-", **{"If-Range": '"other"'})
        beyond = _get(simulator, Range=f"bytes={len(content)}-")

    assert (206, content[100:]) == (rest.status_code, rest.content)
    assert f"bytes 100-{len(content) - 1}/{len(content)}" == rest.headers["content-range"]
    assert (206, content[100:110]) == (some.status_code, some.content)
    assert (200, content) == (other.status_code, other.content)
    assert (416, f"bytes */{len(content)}") == (beyond.status_code, beyond.headers["content-range"])


def test_ranges_can_be_ignored_or_wrong(simulation: Simulation, content: bytes) -> None:
    with _serving(simulation, DocumentOptions(ranges="no")) as simulator:
        ignored = _get(simulator, Range="bytes=100-")
    with _serving(simulation, DocumentOptions(ranges="wrong")) as simulator:
        wrong = _get(simulator, Range="bytes=100-")

    assert (200, content) == (ignored.status_code, ignored.content)
    assert (206, content[: len(content) - 100]) == (wrong.status_code, wrong.content)
    assert wrong.headers["content-range"].startswith("bytes 100-")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("encoded", "attachment; filename*=utf-8''Silver-Inspection%20%28Passed%29.pdf"),
        ("plain", 'attachment; filename="Silver-Inspection (Passed).pdf"'),
        ("hostile", "attachment; filename"),
        ("none", ""),
    ],
)
def test_names_have_several_forms(simulation: Simulation, names: Any, expected: str) -> None:
    api = _api(simulation, DocumentOptions(names=names))

    downloads = [ask(api, f"/api/v1/document/{document_id}/download/") for document_id in _uploaded(simulation)]
    headers = {download.headers.get("content-disposition", "") for download in downloads}

    assert any(expected in header for header in headers)
    assert any("outside" in header or "%00" in header for header in headers) is (names == "hostile")
    assert ({""} == headers) is (names == "none")


def test_documents_have_the_configured_size_and_some_share_their_bytes() -> None:
    assert 50_000 <= len(content_of(SAMPLE_DOCUMENT, least_bytes=50_000)) < 60_000
    assert 150 < len({content_of(str(n)) for n in range(200)}) < 200


def test_invalid_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="share of redirects: 2"):
        DocumentOptions(redirects=2)
    with pytest.raises(ValueError, match="add up to at most 1"):
        DocumentOptions(troubles={"empty": 0.6, "html": 0.6})


def test_who_has_the_whole_response_finds_the_request_in_the_journal() -> None:
    journal, found = Journal(), list[int]()

    async def send(_message: Message) -> None:
        found.append(journal.count)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/files/x", "query_string": b"", "headers": []}
    asyncio.run(JournalMiddleware(PlainTextResponse("x"), journal=journal, host="storage")(scope, receive, send))

    assert [0, 1] == found
