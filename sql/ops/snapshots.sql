-- Every loaded snapshot, with what determines the current state.
-- grain: landing_id
-- inputs: history.snapshots, ops.decisions
-- replaced by: landing_id
-- Snapshots of equal content count as one, with the landing_id of the first delivery and the place of the last one.
-- Quarantined deliveries with a decision do not count, even if they can be read now; nor do deliveries landed by an
-- earlier decision.
with decisions as (

    select * from ops.decisions

), set_aside as (

    select quarantined_landing_id as landing_id from decisions

    union

    select retried_as_landing_id as landing_id from decisions
    where not is_in_force

), delivered as (

    select * from history.snapshots

), snapshots as (

    select delivered.* from delivered
    left join set_aside using (landing_id)
    where set_aside.landing_id is null

), repetitions as (

    select
        *,
        row_number() over first_to_last as repetition,
        first_value(landing_id) over first_to_last as original_landing_id,
        first_value(landing_id) over last_to_first as last_landing_id,
        first_value(received_at) over last_to_first as last_received_at,
        max(watermark_at) over (
            partition by kind, coalesce(is_rest, false), milestone_id, coalesce(task_id, '')
            order by received_at, landing_id
            rows between unbounded preceding and 1 preceding
        ) as watermark_before_at,
    from snapshots
    window
        first_to_last as (partition by content_hash order by received_at, landing_id),
        last_to_first as (partition by content_hash order by received_at desc, landing_id desc)

)

select
    landing_id,
    milestone_id,
    task_id,
    kind,
    coalesce(is_rest, false) as is_rest,
    original_landing_id,
    repetition > 1 as is_duplicate,
    repetition = 1 and coalesce(watermark_at < watermark_before_at, false) as is_late,
    tasks_complete,
    content_hash,
    watermark_at,
    received_at,
    last_received_at,
    last_landing_id,
from repetitions
