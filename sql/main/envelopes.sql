-- The newest state of every envelope that its sub_task still has.
-- grain: envelope_id
-- inputs: history.envelopes, history.sub_tasks, main.sub_tasks, staging.ranked_snapshots
-- replaced by: landing_id
-- An envelope is removed when a newer snapshot with a complete list of its sub_task's envelopes lacks it.
with envelopes as (

    select * from history.envelopes

), sub_tasks_then as (

    select * from history.sub_tasks

), sub_tasks_now as (

    select * from main.sub_tasks

), snapshots as (

    select * from staging.ranked_snapshots

), newest as (

    select
        envelopes.envelope_id as envelope_id,
        max_by(envelopes.landing_id, snapshots.snapshot_rank) as landing_id,
        max(snapshots.snapshot_rank) as snapshot_rank,
    from envelopes
    inner join snapshots using (landing_id)
    group by envelopes.envelope_id

), complete_lists as (

    select
        sub_tasks_then.sub_task_id as sub_task_id,
        max(snapshots.snapshot_rank) as snapshot_rank,
    from sub_tasks_then
    inner join snapshots using (landing_id)
    where sub_tasks_then.envelopes_complete
    group by sub_tasks_then.sub_task_id

)

select
    envelopes.envelope_id as envelope_id,
    envelopes.sub_task_id as sub_task_id,
    sub_tasks_now.task_id as task_id,
    sub_tasks_now.milestone_id as milestone_id,
    envelopes.landing_id as landing_id,
    envelopes.each_envelope_column as each_envelope_column,
    envelopes.received_at as received_at,
    envelopes._rescued as _rescued,
from envelopes
inner join newest using (envelope_id, landing_id)
inner join sub_tasks_now using (sub_task_id)
left join complete_lists using (sub_task_id)
where newest.snapshot_rank >= coalesce(complete_lists.snapshot_rank, 0)
