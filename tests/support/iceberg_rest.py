"""An Iceberg REST catalog on loopback, as far as registering and reading go: PyIceberg's SQL catalog behind HTTP.

See https://iceberg.apache.org/rest-catalog-spec/.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.schema import Schema
from pyiceberg.table import CommitTableRequest, Table

Answer = dict[str, Any]


class _Catalog(BaseHTTPRequestHandler):
    """Answers one request; the catalog is an attribute of the server."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, answer = 200, None
        try:
            answer = self._do(body)
        except NoSuchTableError as error:
            status, answer = 404, _refusal(error, 404)
        except (NamespaceAlreadyExistsError, TableAlreadyExistsError, CommitFailedException) as error:
            status, answer = 409, _refusal(error, 409)
        sent = b"" if self.command == "HEAD" else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def _do(self, body: bytes) -> Answer:
        path = re.sub("^/v1/", "", self.path.partition("?")[0])
        namespace, _, table = path.removeprefix("namespaces/").partition("/tables")
        name = f"{namespace}{table.replace('/', '.')}"
        catalog: SqlCatalog = self.server.catalog  # type: ignore[attr-defined]
        answer: Answer = {"defaults": {}, "overrides": {}}
        match self.command, path.count("/"):
            case "POST", 0:
                answer = json.loads(body)
                catalog.create_namespace(tuple(answer["namespace"]))
            case "POST", 2:
                asked = json.loads(body)
                schema, properties = Schema.model_validate(asked["schema"]), asked["properties"]
                made = catalog.create_table(f"{namespace}.{asked['name']}", schema, properties=properties)
                answer = _described(made)
            case "POST", 3:
                commit = CommitTableRequest.model_validate_json(body)
                catalog.commit_table(catalog.load_table(name), commit.requirements, commit.updates)
                answer = _described(catalog.load_table(name))
            case (("GET" | "HEAD"), 3):
                answer = _described(catalog.load_table(name))
            case "DELETE", 3:
                catalog.drop_table(name)
        return answer

    do_GET = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815  (names of the standard library)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


def _refusal(error: Exception, code: int) -> Answer:
    return {"error": {"message": str(error), "type": type(error).__name__, "code": code}}


def _described(table: Table) -> Answer:
    return {
        "metadata-location": table.metadata_location,
        "metadata": json.loads(table.metadata.model_dump_json()),
        "config": {},
    }


@contextmanager
def iceberg_rest(folder: Path) -> Iterator[str]:
    """Serve a catalog whose tables are below the folder; yields its address."""
    folder.mkdir()
    catalog = SqlCatalog("behind", uri=f"sqlite:///{folder}/catalog.db", warehouse=folder.as_uri())
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Catalog)
    server.catalog = catalog  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        catalog.close()
