"""Seconds from a webhook's acknowledgement to its row, and to its signed quote, with `run --follow`."""

import statistics
import time
from pathlib import Path

import msgspec

from benchmarks.figures import Figure
from benchmarks.homes import COMMAND, Home
from benchmarks.measure import run_measured
from benchmarks.payloads import lines, simulated, write_payloads
from benchmarks.serving import answers, free_port, p95, post, seconds_to_row, serving, until, until_published

DELIVERIES = 800
POSTS = 12
PAUSE_SECONDS = 3.0
OLD_QUOTES, DELIVERIES_PER_QUOTE = 20_000, 2
LIVE_SEED, LIVE_MILESTONES = 77, 40  # a world of its own: none of its quotes is among the old ones
QUOTE = "select count(*) > 0 from main.quotes where quote_id = ?"


def measure(folder: Path) -> list[Figure]:
    """Post webhooks one by one, at random moments, and wait for each one's row."""
    home = Home(folder / "home")
    payloads, new = write_payloads(folder, count=DELIVERIES, new=POSTS)
    _fill(home, payloads)
    port = free_port()
    with serving(home, "receive", "--port", str(port)), serving(home, "run", "--follow"):
        until(lambda: answers(port), "the receiver answers")
        waits = [seconds_to_row(home, port, body, pause=PAUSE_SECONDS) for body in lines(new, 0, POSTS)]
    return [
        Figure("follow_p95", f"webhook to row, `run --follow`, p95 of {POSTS}", p95(waits), "s", at_most=3),
        Figure("follow_median", "webhook to row, `run --follow`, median", statistics.median(waits), "s"),
    ]


def measure_quotes(folder: Path, *, old_quotes: int = OLD_QUOTES) -> list[Figure]:
    """Post webhooks that name new quotes while the API is asked about old ones, at the default rate."""
    home = Home(folder / "home")
    payloads, _ = write_payloads(folder, count=old_quotes * DELIVERIES_PER_QUOTE)
    port, api = free_port(), free_port()
    world = ("--seed", str(LIVE_SEED), "--milestones", str(LIVE_MILESTONES))
    configured = {"SIGHTEN_API_URL": f"http://127.0.0.1:{api}", "SIGHTEN_API_TOKEN": "benchmark"}
    _fill(home, payloads, **configured)
    with (
        serving(home, "simulate", "serve", "--port", str(api), *world),
        serving(home, "receive", "--port", str(port)),
    ):
        until(lambda: answers(port) and answers(api), "the receiver and the simulated Sighten answer")
        with serving(home, "run", "--follow", **configured):
            waits = [_seconds_to_quote(home, port, body) for body in _bodies_with_new_quotes()[:POSTS]]
    name = f"webhook to signed quote beside {old_quotes:,} old ones"
    reduced = old_quotes < OLD_QUOTES
    return [
        Figure("quote_p95", f"{name}, p95 of {len(waits)}", p95(waits), "s", at_most=10, reduced=reduced),
        Figure("quote_median", f"{name}, median", statistics.median(waits), "s"),
    ]


def _fill(home: Home, payloads: Path, **configured: str) -> None:
    """Fill the home and publish it, with the settings that it has later: with others, all would be made anew."""
    home.run("backfill", "files", payloads)
    home.run("load")
    run_measured([COMMAND, "publish"], env=home.env | configured)


def _bodies_with_new_quotes() -> list[bytes]:
    bodies = simulated(seed=LIVE_SEED, count=LIVE_MILESTONES * 2)
    by_quote = {quote: body for body in bodies if (quote := msgspec.json.decode(body).get("quote"))}
    return list(by_quote.values())


def _seconds_to_quote(home: Home, port: int, body: bytes) -> float:
    post(port, body)
    began = time.perf_counter()
    until_published(home, QUOTE, msgspec.json.decode(body)["quote"])
    return time.perf_counter() - began
