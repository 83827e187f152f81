"""Every field of every entity in a payload with its type, and the Arrow types derived from them.

Keys are those of the vendor's sample and of the 2021 key set; `docs/data-dictionary.md` describes them.
"""

from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa

from sighten_warehouse.payload import fit

TYPES: dict[str, tuple[fit.Fit, pa.DataType, str]] = {
    "text": (fit.fit_text, pa.string(), "text"),
    "uuid": (fit.fit_uuid, pa.string(), "a UUID"),
    "timestamp": (fit.fit_timestamp, pa.timestamp("us"), "an ISO 8601 date and time"),
    "integer": (fit.fit_integer, pa.int64(), "a whole number of at most 64 bits"),
    "boolean": (fit.fit_boolean, pa.bool_(), "true or false"),
    "json": (fit.fit_json, pa.string(), "any JSON"),
}


@dataclass(frozen=True)
class Field:
    """One key of the vendor and its column.

    `none_is_null`: the text "None" means null, as in the vendor's sample.
    `codes`: the name of its list of known codes.
    """

    key: str
    name: str
    type: str
    none_is_null: bool = False
    codes: str | None = None

    @cached_property
    def fit(self) -> fit.Fit:
        """The function that converts a value of the key for the column."""
        return TYPES[self.type][0]

    @property
    def expected(self) -> str:
        """What the column accepts, in words."""
        return TYPES[self.type][2]


@dataclass(frozen=True)
class Shape:
    """One entity: its fields, its lists of children, and the key of its assigned user."""

    fields: tuple[Field, ...]
    identity: str | None = None
    lists: dict[str, "Shape"] = field(default_factory=dict)
    assignee_key: str | None = None
    has_data: bool = False

    @cached_property
    def by_key(self) -> dict[str, Field]:
        """The fields by the vendor's key."""
        return {known.key: known for known in self.fields}

    @cached_property
    def empty(self) -> dict[str, None]:
        """A row of this entity with all columns null."""
        return dict.fromkeys(known.name for known in self.fields)

    @cached_property
    def nested_keys(self) -> frozenset[str]:
        """The keys with nested values, which are conformed separately."""
        return (
            frozenset(self.lists)
            | ({self.assignee_key} if self.assignee_key else set())
            | ({"data"} if self.has_data else set())
        )

    @cached_property
    def all_lists(self) -> dict[str, "Shape"]:
        """The shapes of the children, including those inside `data`."""
        return self.lists | (DATA_LISTS if self.has_data else {})

    @cached_property
    def arrow(self) -> pa.DataType:
        """The struct type of one row."""
        columns = [(known.name, TYPES[known.type][1]) for known in self.fields]
        columns += [("position", pa.int64()), ("rescued", pa.string())]
        if self.assignee_key:
            columns += [("assigned_to_user_id", pa.string()), ("assigned_to", USER.arrow)]
        if self.has_data:
            columns += [("data", pa.string()), ("is_checked", pa.bool_())]
        for name, child in self.all_lists.items():
            columns += [(name, pa.list_(child.arrow)), (f"{name}_complete", pa.bool_())]
        return pa.struct(columns)


def fields_of(text: str) -> tuple[Field, ...]:
    """Parse a table of fields, one a line: key, column, type, and options of `Field`."""
    return tuple(_parse(words) for line in text.splitlines() if (words := line.split()))


def _parse(words: list[str]) -> Field:
    key, name, kind, *rest = words
    codes = next((word.removeprefix("codes=") for word in rest if word.startswith("codes=")), None)
    # Ids and times are nullable everywhere; texts only where marked.
    none_is_null = kind in ("uuid", "timestamp") or "none=null" in rest
    return Field(key, name, kind, none_is_null=none_is_null, codes=codes)


# key, column, type; "none=null": the text "None" is null
USER = Shape(
    fields_of("""
        uuid              user_id            uuid
        email             email              text
        first_name        first_name         text
        last_name         last_name          text
        organization      organization_id    uuid
        organization_name organization_name  text
    """),
    identity="user_id",
)
COMMENT = Shape(
    fields_of("""
        uuid                 comment_id           uuid
        comment              comment              text
        commentor            commentor            text
        commentor_first_name commentor_first_name text
        commentor_last_name  commentor_last_name  text
        commenter_id         commentor_id         uuid
        comment_type         comment_type         text codes=comment_type
        private              private              boolean
        thread               thread               text none=null
        timestamp            timestamp            timestamp
        last_updated         last_updated         timestamp
    """),
    identity="comment_id",
)
DOCUMENT = Shape(
    fields_of("""
        uuid           document_id       uuid
        name           name              text
        creation_type  creation_type     text codes=creation_type
        document_type  document_type     text codes=document_type
        document_group document_group_id uuid
        date_created   date_created      timestamp
        stale          stale             boolean
    """),
    identity="document_id",
)
ENVELOPE = Shape(
    fields_of("""
        uuid              envelope_id       uuid
        name              name              text
        status            status            text codes=envelope_status
        task_action_alias task_action_alias text
        resource_id       resource_id       text none=null
        document_group    document_group_id uuid
        date_sent         date_sent         timestamp
        date_signed       date_signed       timestamp
        date_voided       date_voided       timestamp
    """),
    identity="envelope_id",
)
SIGNER = Shape(
    fields_of("""
        uuid          signer_id     uuid
        order         order         integer
        signer_type   signer_type   text
        status        status        text codes=signer_status
        email         email         text
        first_name    first_name    text
        last_name     last_name     text
        date_created  date_created  timestamp
        date_updated  date_updated  timestamp
        date_sent     date_sent     timestamp
        date_signed   date_signed   timestamp
        date_declined date_declined timestamp
        date_voided   date_voided   timestamp
    """),
    identity="signer_id",
)
DATA_LISTS = {"documents": DOCUMENT, "envelopes": ENVELOPE}
SUB_TASK = Shape(
    fields_of("""
        uuid            sub_task_id     uuid
        label           label           text
        instructions    instructions    text none=null
        category        category        text codes=sub_task_category
        status          status          text codes=sub_task_status
        document_status document_status text codes=document_status
        required        required        boolean
    """),
    identity="sub_task_id",
    lists={"signers": SIGNER},
    has_data=True,
)
_TASK_FIELDS = """
        uuid            task_id            uuid
        name            name               text
        description     description        text none=null
        status          status             text codes=task_status
        task_definition task_definition_id uuid
"""
TASK = Shape(
    fields_of(_TASK_FIELDS),
    identity="task_id",
    lists={"sub_tasks": SUB_TASK, "comments": COMMENT},
    assignee_key="assigned_to",
)
TASK_ROOT = Shape(
    fields_of(
        _TASK_FIELDS
        + """
        milestone            milestone_id            uuid
        milestone_definition milestone_definition_id uuid
        site                 site_id                 uuid
        quote                quote_id                uuid
        new_quote            new_quote_id            uuid
        date_updated         date_updated            timestamp
    """
    ),
    identity="task_id",
    lists=TASK.lists,
    assignee_key="assigned_to",
)
MILESTONE = Shape(
    fields_of("""
        uuid                 milestone_id            uuid
        name                 name                    text
        description          description             text none=null
        status               status                  text codes=milestone_status
        site                 site_id                 uuid
        quote                quote_id                uuid
        milestone_definition milestone_definition_id uuid
        ready_to_submit      ready_to_submit         boolean
        task_count           task_count              integer
        pending_task_count   pending_task_count      integer
        ready_task_count     ready_task_count        integer
        approved_task_count  approved_task_count     integer
        rejected_task_count  rejected_task_count     integer
        date_updated         date_updated            timestamp
    """),
    identity="milestone_id",
    lists={"tasks": TASK, "comments": COMMENT},
    assignee_key="assigned_to",
)
