-- The newest state of every milestone.
-- grain: milestone_id
-- inputs: history.milestone_intervals, main.quotes, ops.snapshots
-- It is the interval that still holds, and the delivery is the last that tells it.
with intervals as (

    select
        *,
        last_of(snapshot_ranks) as snapshot_rank,
    from history.milestone_intervals
    where valid_to_at is null

), snapshots as (

    select * from ops.snapshots

), quotes as (

    select * from main.quotes

), first_snapshots as (

    select
        milestone_id,
        min(received_at) as first_received_at,
    from ops.snapshots
    where kind = 'milestone'
    group by milestone_id

)

select
    intervals.milestone_id as milestone_id,
    snapshots.landing_id as landing_id,
    intervals.name as name,
    intervals.alias as alias,
    intervals.description as description,
    intervals.status as status,
    intervals.site_id as site_id,
    intervals.quote_id as quote_id,
    quotes.signed_quote_id as signed_quote_id,
    intervals.workflow_id as workflow_id,
    intervals.contract_id as contract_id,
    intervals.milestone_definition_id as milestone_definition_id,
    intervals.assigned_to_user_id as assigned_to_user_id,
    intervals.ready_to_submit as ready_to_submit,
    intervals.task_count as task_count,
    intervals.pending_task_count as pending_task_count,
    intervals.ready_task_count as ready_task_count,
    intervals.approved_task_count as approved_task_count,
    intervals.rejected_task_count as rejected_task_count,
    intervals.date_updated as date_updated,
    snapshots.watermark_at as watermark_at,
    first_snapshots.first_received_at as first_received_at,
    snapshots.received_at as received_at,
    intervals._rescued as _rescued,
from intervals
inner join snapshots using (snapshot_rank)
left join quotes using (quote_id)
inner join first_snapshots on intervals.milestone_id = first_snapshots.milestone_id
