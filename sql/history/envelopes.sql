-- The envelopes of every snapshot, as delivered.
-- grain: landing_id, envelope_id
-- inputs: staging.sub_tasks
with sub_tasks as (

    select * from staging.sub_tasks

), envelopes as (

    select
        landing_id,
        milestone_id,
        task_id,
        sub_task.sub_task_id as sub_task_id,
        explode(sub_task.envelopes) as envelope,
        received_at,
    from sub_tasks

)

select
    envelope.envelope_id as envelope_id,
    landing_id,
    sub_task_id,
    task_id,
    milestone_id,
    envelope.position as position,
    envelope.name as name,
    envelope.status as status,
    envelope.task_action_alias as task_action_alias,
    envelope.resource_id as resource_id,
    envelope.document_group_id as document_group_id,
    envelope.date_sent as date_sent,
    envelope.date_signed as date_signed,
    envelope.date_voided as date_voided,
    received_at,
    envelope.rescued as _rescued,
from envelopes
