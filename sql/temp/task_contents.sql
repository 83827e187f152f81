-- What each compared snapshot says of each task: rows are compared by fingerprints, so that texts are read once.
-- grain: task_id, snapshot_rank
-- inputs: history.task_states, staging.compared_snapshots
with snapshots as (

    select * from staging.compared_snapshots

)

select
    states.task_id as task_id,
    states.milestone_id as milestone_id,
    snapshots.snapshot_rank as snapshot_rank,
    states.each_carried_task_column as each_carried_task_column,
    fingerprint(
        (
            states.milestone_id,
            states.each_replaced_task_column,
            states._rescued
        )
    ) as content,
from history.task_states as states
inner join snapshots using (landing_id)
