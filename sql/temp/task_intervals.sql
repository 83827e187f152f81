-- The time for which each state of a task held, with the rank of the snapshot that opened it.
-- grain: task_id, valid_from_at
-- inputs: staging.compared_snapshots, temp.task_contents
-- A state ends at the task's next state, or at the next complete list of the milestone's tasks, which lacks the task.
-- Position, definition and approver are missing in some kinds of snapshot: their last value is carried forward.
with contents as (

    select * from temp.task_contents
    where is_in_part(task_id)

), snapshots as (

    select
        *,
        coalesce(watermark_at, minus_infinity()) as effective_at,
        min(case when tasks_complete then coalesce(watermark_at, minus_infinity()) end) over (
            partition by milestone_id
            order by snapshot_rank
            rows between 1 following and unbounded following
        ) as next_list_at,
    from staging.compared_snapshots

), states as (

    select
        contents.task_id as task_id,
        contents.snapshot_rank as snapshot_rank,
        last_value(contents.each_carried_task_column ignore nulls) over so_far as each_carried_task_column,
        snapshots.effective_at as valid_from_at,
        coalesce(
            least(
                lead(snapshots.effective_at) over (partition by contents.task_id order by contents.snapshot_rank),
                snapshots.next_list_at
            ),
            infinity()
        ) as valid_to_at,
        contents.content as content,
    from contents
    inner join snapshots using (snapshot_rank)
    window so_far as (
        partition by contents.task_id, contents.milestone_id
        order by contents.snapshot_rank
        rows between unbounded preceding and current row
    )

), compared as (

    select
        *,
        coalesce(
            valid_from_at = lag(valid_to_at) over earlier_first
            and each_carried_task_column is not distinct from lag(each_carried_task_column) over earlier_first
            and content = lag(content) over earlier_first,
            false
        ) as is_same,
    from states
    where valid_from_at < valid_to_at
    window earlier_first as (partition by task_id order by snapshot_rank)

), numbered as (

    select
        *,
        count(case when not is_same then 1 end) over earlier_first as interval_number,
    from compared
    window earlier_first as (partition by task_id order by snapshot_rank)

)

select
    numbered.task_id as task_id,
    min(numbered.snapshot_rank) as snapshot_rank,
    min(numbered.each_carried_task_column) as each_carried_task_column,
    all_in_order(snapshots.landing_id, numbered.snapshot_rank) as landing_ids,
    all_in_order(snapshots.watermark_at, numbered.snapshot_rank) as watermarks,
    min(numbered.valid_from_at) as valid_from_at,
    max(numbered.valid_to_at) as valid_to_at,
from numbered
inner join snapshots using (snapshot_rank)
group by numbered.task_id, numbered.interval_number
