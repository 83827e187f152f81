"""The shapes of milestones from REST: those of webhooks, plus fields under keys that webhooks never have."""

from sighten_warehouse.payload.shapes import MILESTONE, SUB_TASK, TASK, Shape, fields_of

ASSIGNEE_KEY = "responsible_user"

WORKFLOW = Shape(
    fields_of("""
        uuid          workflow_id uuid
        site          site_id     uuid
        contract      contract_id uuid
        initial_quote quote_id    uuid
    """),
    identity="workflow_id",
)
REST_SUB_TASK = Shape(
    SUB_TASK.fields + fields_of("task task_id uuid"),
    identity="sub_task_id",
    lists=SUB_TASK.lists,
    has_data=True,
)
REST_TASK = Shape(
    TASK.fields
    + fields_of("""
        milestone     milestone_id     uuid
        approver_user approver_user_id uuid
    """),
    identity="task_id",
    lists={"sub_tasks": REST_SUB_TASK, "comments": TASK.lists["comments"]},
    assignee_key=ASSIGNEE_KEY,
)
REST_MILESTONE = Shape(
    MILESTONE.fields
    + fields_of("""
        alias    alias       text
        workflow workflow_id uuid
    """),
    identity="milestone_id",
    lists={"tasks": REST_TASK, "comments": MILESTONE.lists["comments"]},
    assignee_key=ASSIGNEE_KEY,
)
