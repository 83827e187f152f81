"""The report as a page in Airflow's navigation; every Airflow process imports this file, so it imports little."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/sighten/report"
Message = MutableMapping[str, Any]


async def report(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Pass the request to the report's application, which the first request creates."""
    from sighten_airflow import report_app  # noqa: PLC0415  (heavy, and only the API server calls this)

    app = await asyncio.to_thread(report_app.report_app)
    await app(scope, receive, send)


class SightenReport(AirflowPlugin):
    """The page and its entry in the navigation."""

    name = "sighten_report"
    fastapi_apps: ClassVar[list[Any]] = [{"app": report, "url_prefix": PREFIX, "name": "Sighten report"}]
    # No leading slash, so that it also works where Airflow is served below a path.
    external_views: ClassVar[list[Any]] = [
        {
            "name": "Sighten",  # the navigation has room for about ten letters
            "href": f"{PREFIX.lstrip('/')}/",
            "url_route": "sighten-report",
            "destination": "nav",
            "nav_top_level": True,
        }
    ]
