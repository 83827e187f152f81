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
    envelope.each_envelope_column as each_envelope_column,
    received_at,
    envelope.rescued as _rescued,
from envelopes
