-- The milestone of every milestone-shaped snapshot, as delivered.
-- grain: landing_id, milestone_id
-- inputs: staging.snapshots
with snapshots as (

    select * from staging.snapshots
    where kind = 'milestone'

)

select
    milestone_id,
    landing_id,
    milestone.name as name,
    milestone.alias as alias,
    milestone.description as description,
    milestone.status as status,
    milestone.site_id as site_id,
    milestone.quote_id as quote_id,
    milestone.workflow_id as workflow_id,
    milestone.contract_id as contract_id,
    milestone.milestone_definition_id as milestone_definition_id,
    milestone.assigned_to_user_id as assigned_to_user_id,
    milestone.ready_to_submit as ready_to_submit,
    milestone.task_count as task_count,
    milestone.pending_task_count as pending_task_count,
    milestone.ready_task_count as ready_task_count,
    milestone.approved_task_count as approved_task_count,
    milestone.rejected_task_count as rejected_task_count,
    milestone.date_updated as date_updated,
    watermark_at,
    received_at,
    milestone.rescued as _rescued,
from snapshots
