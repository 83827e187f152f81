"""Documents that are elsewhere, cut off, missing or oddly named, over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from starlette.applications import Starlette
from urllib3.exceptions import HTTPError

from asgi_calls import ask
from sighten_simulator.api.app import Conduct, build_sighten
from sighten_simulator.api.journal import fingerprint
from sighten_simulator.documents.contents import content_of
from sighten_simulator.documents.faults import TROUBLES, Documents, Fate, Trouble
from sighten_simulator.running import Running, running
from sighten_simulator.world.lives import Simulation, lives
from sighten_simulator.world.world import EVERYTHING, World

SAMPLE_DOCUMENT = "189bd7c0-2e6f-45cb-a00e-33ca4fe297d2"
PATH = f"/api/v1/document/{SAMPLE_DOCUMENT}/download/"
SIGNED = {"Authorization": "Token any"}
ELSEWHERE = Documents(redirects=1)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return lives(4, 3)


@pytest.fixture(scope="module")
def whole(simulation: Simulation) -> bytes:
    with running(simulation) as there:
        return _get(there).content


@contextmanager
def _handing_out(simulation: Simulation, documents: Documents) -> Iterator[Running]:
    with running(simulation, Conduct(documents=documents)) as there:
        yield there


def _api(simulation: Simulation, documents: Documents) -> Starlette:
    return build_sighten(simulation, Conduct(documents=documents), storage_url="http://storage.test").api


def _uploaded(simulation: Simulation) -> list[str]:
    documents = World(simulation).seen_by(EVERYTHING).documents
    return [document_id for document_id, known in documents.items() if known.is_uploaded]


def _get(there: Running, **headers: str) -> requests.Response:
    return requests.get(there.url + PATH, headers={**SIGNED, **headers}, timeout=10, allow_redirects=False)


def _follow(answer: requests.Response, **headers: str) -> requests.Response:
    return requests.get(answer.headers["location"], headers=headers, timeout=10)


def test_a_document_is_elsewhere_under_a_signed_url_that_needs_no_token(simulation: Simulation, whole: bytes) -> None:
    with _handing_out(simulation, ELSEWHERE) as there:
        redirect = _get(there)
        document = _follow(redirect)

    assert (302, b"") == (redirect.status_code, redirect.content)
    assert redirect.headers["location"].startswith(f"{there.storage_url}/files/{SAMPLE_DOCUMENT}?")
    assert there.url != there.storage_url
    assert whole == document.content


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "Proxy-Authorization"])
def test_the_storage_host_refuses_and_counts_credentials(simulation: Simulation, name: str) -> None:
    with _handing_out(simulation, ELSEWHERE) as there:
        refused = _follow(_get(there), **{name: "Token any"})
        journal = there.journal.as_json()

    assert 400 == refused.status_code
    assert 1 == journal["credentials_sent_elsewhere"]
    assert {fingerprint("any"): 1} == journal["calls"]["storage GET /files/{uuid}"]["tokens"]


def test_an_unsigned_an_altered_and_an_expired_url_are_refused(simulation: Simulation) -> None:
    with _handing_out(simulation, ELSEWHERE) as there:
        url = _get(there).headers["location"]
        wrong = [
            url.partition("?")[0],
            url[:-1] + ("0" if url[-1] != "0" else "1"),
            url.replace("Expires=", "Expires=9"),
        ]
        statuses = {requests.get(one, timeout=10).status_code for one in wrong}
    with _handing_out(simulation, Documents(redirects=1, redirect_to="expired")) as there:
        expired = _follow(_get(there)).status_code

    assert {403} == statuses
    assert 403 == expired


@pytest.mark.parametrize(
    ("to", "where"),
    [
        ("relative", f"/files/{SAMPLE_DOCUMENT}"),
        ("loop", PATH),
        ("file", "file:///etc/hostname"),
        ("private", f"http://10.255.255.1/files/{SAMPLE_DOCUMENT}"),
        ("nowhere", None),
    ],
)
def test_a_redirect_may_lead_to_where_nobody_should_go(simulation: Simulation, to: Any, where: str | None) -> None:
    answer = ask(_api(simulation, Documents(redirects=1, redirect_to=to)), PATH)

    assert (302, where) == (answer.status, answer.headers.get("location"))


def test_some_documents_redirect_by_the_seed(simulation: Simulation) -> None:
    apis = [_api(simulation, Documents(redirects=0.5)) for _ in range(2)]

    first, again = (
        [ask(api, f"/api/v1/document/{one}/download").status for one in _uploaded(simulation)] for api in apis
    )

    assert {200, 302} == set(first)
    assert first == again


def test_documents_in_trouble_are_told_by_their_answers_and_come_right_after_so_many_tries(
    simulation: Simulation,
) -> None:
    begins: dict[Trouble, tuple[int, bytes]] = {
        "short": (200, b"%PDF"),
        "empty": (200, b""),
        "html": (200, b"<!doctype html>"),
        "slow": (200, b"%PDF"),
        "forbidden": (403, b'{"detail"'),
        "missing": (404, b'{"detail"'),
        "server_error": (500, b'{"detail"'),
    }
    troubled = dict(zip(_uploaded(simulation), begins, strict=False))
    documents = Documents(redirects=0.5, troubled=troubled, tries=1, slow_s=0.2)

    with _handing_out(simulation, documents) as there:
        urls = {one: f"{there.url}/api/v1/document/{one}/download/" for one in troubled}
        first = {one: requests.get(url, headers=SIGNED, timeout=10) for one, url in urls.items()}
        second = {one: requests.get(url, headers=SIGNED, timeout=10) for one, url in urls.items()}

    assert len(begins) == len(troubled)
    for document_id, trouble in troubled.items():
        status, begin = begins[trouble]
        whole = content_of(document_id)
        assert (status, True) == (first[document_id].status_code, first[document_id].content.startswith(begin))
        assert (first[document_id].content == whole) is (trouble == "slow")
        assert trouble != "slow" or first[document_id].elapsed.total_seconds() >= 0.2
        assert (200, whole) == (second[document_id].status_code, second[document_id].content)


@pytest.mark.parametrize("trouble", ["truncated", "unended"])
def test_a_body_cut_in_half_ends_its_connection(simulation: Simulation, whole: bytes, trouble: Trouble) -> None:
    documents = Documents(troubled={SAMPLE_DOCUMENT: trouble})
    with (
        _handing_out(simulation, documents) as there,
        requests.get(there.url + PATH, headers=SIGNED, timeout=10, stream=True) as answer,
    ):
        half = answer.raw.read(len(whole) // 2)
        with pytest.raises(HTTPError):
            answer.raw.read()

    assert whole[: len(whole) // 2] == half
    assert (str(len(whole)) if trouble == "truncated" else None) == answer.headers.get("content-length")


def test_troubles_come_as_often_as_asked_for_and_by_the_seed() -> None:
    shares = dict.fromkeys(TROUBLES, 1 / len(TROUBLES))
    desks = [Documents(troubles=shares) for _ in range(2)]

    drawn = [[Fate(one, seed=3).trouble(str(n)) for n in range(200)] for one in desks]

    assert set(TROUBLES) == set(drawn[0])
    assert drawn[0] == drawn[1]
    assert drawn[0] != [Fate(desks[0], seed=4).trouble(str(n)) for n in range(200)]


def test_the_rest_of_a_document_can_be_asked_for(simulation: Simulation, whole: bytes) -> None:
    with _handing_out(simulation, Documents(ranges="yes")) as there:
        tag = _get(there).headers["etag"]
        rest = _get(there, Range="bytes=100-", **{"If-Range": tag})
        some = _get(there, Range="bytes=100-109")
        other = _get(there, Range="bytes=100-", **{"If-Range": '"other"'})
        beyond = _get(there, Range=f"bytes={len(whole)}-")

    assert (206, whole[100:]) == (rest.status_code, rest.content)
    assert f"bytes 100-{len(whole) - 1}/{len(whole)}" == rest.headers["content-range"]
    assert (206, whole[100:110]) == (some.status_code, some.content)
    assert (200, whole) == (other.status_code, other.content)
    assert (416, f"bytes */{len(whole)}") == (beyond.status_code, beyond.headers["content-range"])


def test_ranges_can_be_passed_over_or_answered_wrongly(simulation: Simulation, whole: bytes) -> None:
    with _handing_out(simulation, Documents(ranges="no")) as there:
        passed_over = _get(there, Range="bytes=100-")
    with _handing_out(simulation, Documents(ranges="wrong")) as there:
        wrong = _get(there, Range="bytes=100-")

    assert (200, whole) == (passed_over.status_code, passed_over.content)
    assert (206, whole[: len(whole) - 100]) == (wrong.status_code, wrong.content)
    assert wrong.headers["content-range"].startswith("bytes 100-")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("encoded", "attachment; filename*=utf-8''Silver-Inspection%20%28Passed%29.pdf"),
        ("plain", 'attachment; filename="Silver-Inspection (Passed).pdf"'),
        ("hostile", "attachment; filename"),
        ("none", ""),
    ],
)
def test_names_are_told_in_several_ways(simulation: Simulation, names: Any, told: str) -> None:
    api = _api(simulation, Documents(names=names))

    answers = [ask(api, f"/api/v1/document/{one}/download/") for one in _uploaded(simulation)]
    headers = {answer.headers.get("content-disposition", "") for answer in answers}

    assert any(told in one for one in headers)
    assert any("outside" in one or "%00" in one for one in headers) is (names == "hostile")
    assert ({""} == headers) is (names == "none")


def test_documents_are_as_long_as_asked_for_and_some_share_their_bytes() -> None:
    assert 50_000 <= len(content_of(SAMPLE_DOCUMENT, least_bytes=50_000)) < 60_000
    assert 150 < len({content_of(str(n)) for n in range(200)}) < 200


def test_shares_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="share of redirects: 2"):
        Documents(redirects=2)
    with pytest.raises(ValueError, match="add up to at most 1"):
        Documents(troubles={"empty": 0.6, "html": 0.6})
