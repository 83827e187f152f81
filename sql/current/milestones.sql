-- The newest state of every milestone.
-- grain: milestone_id
-- inputs: history.milestone_states, main.quotes, ops.snapshots
with milestones as (

    select * from history.milestone_states

), snapshots as (

    select * from ops.snapshots
    where kind = 'milestone'

), quotes as (

    select * from main.quotes

), newest as (

    select
        milestone_id,
        max_by(landing_id, snapshot_rank) as landing_id,
        min(received_at) as first_received_at,
    from snapshots
    group by milestone_id

)

select
    milestones.milestone_id as milestone_id,
    milestones.landing_id as landing_id,
    milestones.name as name,
    milestones.alias as alias,
    milestones.description as description,
    milestones.status as status,
    milestones.site_id as site_id,
    milestones.quote_id as quote_id,
    quotes.signed_quote_id as signed_quote_id,
    milestones.workflow_id as workflow_id,
    milestones.contract_id as contract_id,
    milestones.milestone_definition_id as milestone_definition_id,
    milestones.assigned_to_user_id as assigned_to_user_id,
    milestones.ready_to_submit as ready_to_submit,
    milestones.task_count as task_count,
    milestones.pending_task_count as pending_task_count,
    milestones.ready_task_count as ready_task_count,
    milestones.approved_task_count as approved_task_count,
    milestones.rejected_task_count as rejected_task_count,
    milestones.date_updated as date_updated,
    milestones.watermark_at as watermark_at,
    newest.first_received_at as first_received_at,
    milestones.received_at as received_at,
    milestones._rescued as _rescued,
from milestones
inner join newest using (milestone_id, landing_id)
left join quotes using (quote_id)
