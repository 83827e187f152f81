-- What each compared snapshot says of each sub_task: rows are compared by fingerprints, so that texts are read once.
-- grain: sub_task_id, snapshot_rank
-- inputs: history.sub_task_states, staging.compared_snapshots
with snapshots as (

    select * from staging.compared_snapshots

)

select
    states.sub_task_id as sub_task_id,
    states.task_id as task_id,
    snapshots.snapshot_rank as snapshot_rank,
    fingerprint(
        (
            states.task_id,
            states.each_sub_task_column,
            states._rescued
        )
    ) as content,
from history.sub_task_states as states
inner join snapshots using (landing_id)
