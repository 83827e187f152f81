-- The newest state of every signer that its sub_task still has.
-- grain: signer_id
-- inputs: history.signers, history.sub_tasks, main.sub_tasks, staging.ranked_snapshots
-- replaced by: landing_id
-- A signer is removed when a newer snapshot with a complete list of its sub_task's signers lacks it.
with signers as (

    select * from history.signers

), sub_tasks_then as (

    select * from history.sub_tasks

), sub_tasks_now as (

    select * from main.sub_tasks

), snapshots as (

    select * from staging.ranked_snapshots

), newest as (

    select
        signers.signer_id as signer_id,
        max_by(signers.landing_id, snapshots.snapshot_rank) as landing_id,
        max(snapshots.snapshot_rank) as snapshot_rank,
    from signers
    inner join snapshots using (landing_id)
    group by signers.signer_id

), complete_lists as (

    select
        sub_tasks_then.sub_task_id as sub_task_id,
        max(snapshots.snapshot_rank) as snapshot_rank,
    from sub_tasks_then
    inner join snapshots using (landing_id)
    where sub_tasks_then.signers_complete
    group by sub_tasks_then.sub_task_id

)

select
    signers.signer_id as signer_id,
    signers.sub_task_id as sub_task_id,
    sub_tasks_now.task_id as task_id,
    sub_tasks_now.milestone_id as milestone_id,
    signers.landing_id as landing_id,
    signers."each_signer_column" as "each_signer_column",
    signers.received_at as received_at,
    signers._rescued as _rescued,
from signers
inner join newest using (signer_id, landing_id)
inner join sub_tasks_now using (sub_task_id)
left join complete_lists using (sub_task_id)
where newest.snapshot_rank >= coalesce(complete_lists.snapshot_rank, 0)
