"""What an assistant finds here: tools that read, the dictionary as resources, the cookbook as prompts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.mcpserver.prompts import Prompt
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic_core import from_json, to_json

from sighten_warehouse.assistants.answering import Limits, Rows
from sighten_warehouse.assistants.tables import DescribedTables, Tables, described, tables
from sighten_warehouse.assistants.worker import Worker
from sighten_warehouse.dictionary.cookbook import Recipe, recipes
from sighten_warehouse.dictionary.markdown import render_dictionary
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.publish.reader import open_published
from sighten_warehouse.settings import Settings
from sighten_warehouse.version import __version__

INSTRUCTIONS = """\
Milestones of solar jobs as Sighten (EverBright) delivers them: their tasks, documents, comments and approvals.
Read-only, the newest published version at each call. SQL is DuckDB's. Times are UTC. Start with `list_tables`, and
`describe_tables` for the columns. The tables of `marts` answer most questions; the prompts are tested queries.
`from milestones_as_of(timestamp '2026-01-31')` is the state at a time. People are {shown}.
"""
_SHOWN = {
    "masked": "masked: names and addresses are pseudonyms, the same one for the same person, and texts are `masked`",
    "full": "shown with their names: pass on no more of them than the question needs",
}
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


def assistant_server(settings: Settings, *, limits: Limits) -> MCPServer[None]:
    """The server, on the newest published version of the home at each call."""
    server: MCPServer[None] = MCPServer(
        "sighten-warehouse",
        title="Sighten Warehouse",
        version=__version__,
        instructions=INSTRUCTIONS.format(shown=_SHOWN[settings.pii]),
        log_level="WARNING",
        subscriptions=False,
    )
    _add_tools(server, settings, limits)
    _add_dictionary(server, settings)
    for recipe in recipes():
        server.add_prompt(_prompt(recipe))
    return server


def _add_tools(server: MCPServer[None], settings: Settings, limits: Limits) -> None:
    @server.tool(title="List tables", annotations=_READS)
    def list_tables() -> Annotated[CallToolResult, Tables]:
        """List every table with what a row of it is."""
        with _in_words(), open_published(settings=settings) as warehouse:
            return _result(Tables(tables(warehouse)))

    @server.tool(title="Describe tables", annotations=_READS)
    def describe_tables(names: list[str]) -> Annotated[CallToolResult, DescribedTables]:
        """Describe the columns of these tables, such as ["milestones", "marts.approval_cycles"]."""
        with _in_words(), open_published(settings=settings) as warehouse:
            return _result(DescribedTables(described(warehouse, names)))

    worker = Worker(settings, limits)

    def query(sql: str) -> Annotated[CallToolResult, Rows]:
        with _in_words():
            return _result(worker.answer(sql))

    server.add_tool(
        query,
        title="Query",
        description=f"Run one DuckDB statement that reads, such as `select`. At most {limits.rows:,} rows and "
        f"{limits.seconds:g} s: aggregate in SQL. If rows are missing, `cut` says why.",
        annotations=_READS,
    )


def _add_dictionary(server: MCPServer[None], settings: Settings) -> None:
    @server.resource("sighten://dictionary", title="Data dictionary", mime_type="text/markdown")
    def dictionary() -> str:
        """Every published table and column, with their relations."""
        return render_dictionary()

    @server.resource("sighten://tables/{name}", title="One table", mime_type="application/json")
    def table(name: str) -> str:
        """The columns of one table, such as sighten://tables/marts.approval_cycles."""
        try:
            with open_published(settings=settings) as warehouse:
                return to_json(described(warehouse, [name])[0]).decode()
        except (KeyError, WarehouseError) as error:
            raise ResourceNotFoundError(f"{name}: expected a published table") from error


def _result(found: Tables | DescribedTables | Rows) -> CallToolResult:
    """The result for programs, and as text in few characters, which the SDK's own is not."""
    text = to_json(found)
    return CallToolResult(content=[TextContent(text=text.decode())], structured_content=from_json(text))


def _prompt(recipe: Recipe) -> Prompt:
    """The recipe as a prompt, named without its number."""

    def ask() -> str:
        note = f"\n{recipe.note}" if recipe.note else ""
        return f"{recipe.question}{note}\n\nAnswer with the tool `query` and this SQL:\n\n```sql\n{recipe.sql}\n```"

    name = recipe.name.partition("_")[2]
    return Prompt.from_function(ask, name=name, title=recipe.question, description=recipe.note or recipe.question)


@contextmanager
def _in_words() -> Iterator[None]:
    """Let the assistant read what went wrong."""
    try:
        yield
    except KeyError as error:
        raise ToolError(f"no table {error.args[0]}: expected one of `list_tables`") from error
    except WarehouseError as error:
        raise ToolError(str(error)) from error
