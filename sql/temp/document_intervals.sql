-- The time for which each state of a document held, with the ranks of the snapshots that opened it.
-- grain: document_id, valid_from_at
-- inputs: history.sub_task_intervals, staging.compared_snapshots, temp.document_contents, temp.document_lists
-- A state ends at the document's next state, or at the next complete list of the sub_task's documents, which lacks it.
-- It holds only while its sub_task does, and moves with the sub_task.
with contents as (

    select * from temp.document_contents
    where is_in_part(document_id)

), lists as (

    select * from temp.document_lists

), snapshots as (

    select * from staging.compared_snapshots

), sub_task_intervals as (

    select
        intervals.sub_task_id as sub_task_id,
        intervals.task_id as task_id,
        intervals.milestone_id as milestone_id,
        snapshots.snapshot_rank as snapshot_rank,
        coalesce(intervals.valid_from_at, minus_infinity()) as began_at,
        coalesce(intervals.valid_to_at, infinity()) as ended_at,
    from history.sub_task_intervals as intervals
    inner join snapshots using (landing_id)

), states as (

    select
        contents.document_id as document_id,
        contents.sub_task_id as sub_task_id,
        contents.snapshot_rank as snapshot_rank,
        lists.effective_at as effective_at,
        coalesce(
            least(
                lead(lists.effective_at) over (partition by contents.document_id order by contents.snapshot_rank),
                lists.next_list_at
            ),
            infinity()
        ) as ends_at,
        contents.content as content,
    from contents
    inner join lists using (snapshot_rank, sub_task_id)

), held_with_sub_task as (

    -- If the sub_task came back or moved, the delivery of the sub_task opens the interval.
    select
        states.document_id as document_id,
        states.snapshot_rank as snapshot_rank,
        states.effective_at as effective_at,
        states.content as content,
        intervals.task_id as task_id,
        intervals.milestone_id as milestone_id,
        intervals.began_at <= states.effective_at as has_parent_at_start,
        case
            when intervals.began_at <= states.effective_at then states.snapshot_rank
            else intervals.snapshot_rank
        end as opened_by_rank,
        greatest(states.effective_at, intervals.began_at) as valid_from_at,
        least(states.ends_at, intervals.ended_at) as valid_to_at,
    from states
    inner join sub_task_intervals as intervals
        on
            states.sub_task_id = intervals.sub_task_id
            and states.effective_at < intervals.ended_at
            and states.ends_at > intervals.began_at
    where states.effective_at < states.ends_at

), compared as (

    select
        *,
        coalesce(
            valid_from_at = lag(valid_to_at) over earlier_first
            and content = lag(content) over earlier_first
            and task_id is not distinct from lag(task_id) over earlier_first
            and milestone_id is not distinct from lag(milestone_id) over earlier_first,
            false
        ) as is_same,
    from held_with_sub_task
    window earlier_first as (partition by document_id order by valid_from_at)

), numbered as (

    select
        *,
        count(case when not is_same then 1 end) over earlier_first as interval_number,
        case when has_parent_at_start or not is_same then snapshot_rank end as listed_rank,
    from compared
    window earlier_first as (partition by document_id order by valid_from_at)

)

select
    numbered.document_id as document_id,
    min_by(numbered.snapshot_rank, numbered.valid_from_at) as snapshot_rank,
    min_by(numbered.opened_by_rank, numbered.valid_from_at) as opened_by_rank,
    min(numbered.task_id) as task_id,
    min(numbered.milestone_id) as milestone_id,
    all_in_order(snapshots.landing_id, numbered.listed_rank) as landing_ids,
    all_in_order(snapshots.watermark_at, numbered.listed_rank) as watermarks,
    min(numbered.valid_from_at) as valid_from_at,
    max(numbered.valid_to_at) as valid_to_at,
from numbered
inner join snapshots using (snapshot_rank)
group by numbered.document_id, numbered.interval_number
