"""The report as a page in Airflow's navigation; Airflow imports this file in every process, so it imports little."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/sighten/report"
Message = MutableMapping[str, Any]


async def report(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Answer with the application that shows the report, made at the first request."""
    from sighten_airflow import report_app  # noqa: PLC0415  (heavy, and only the API server is ever asked)

    app = await asyncio.to_thread(report_app.report_app)
    await app(scope, receive, send)


class SightenReport(AirflowPlugin):
    """The page, and where the navigation leads to it."""

    name = "sighten_report"
    fastapi_apps: ClassVar[list[Any]] = [{"app": report, "url_prefix": PREFIX, "name": "Sighten report"}]
    # Without a slash in front, so that it is found below whatever path Airflow itself is served at.
    external_views: ClassVar[list[Any]] = [
        {
            "name": "Sighten",  # the navigation has room for some ten letters
            "href": f"{PREFIX.lstrip('/')}/",
            "url_route": "sighten-report",
            "destination": "nav",
            "nav_top_level": True,
        }
    ]
