-- Every state of a document with its interval of validity; a new row starts only when something changed.
-- grain: document_id, valid_from_at
-- inputs: history.documents, history.sub_task_intervals, history.sub_tasks, staging.alone_snapshots, staging.compared_snapshots -- noqa: LT05
-- replaced by: landing_id
-- A state ends at the document's next state, or at the next complete list of the sub_task's documents, which lacks it.
-- It holds only while its sub_task does, and moves with the sub_task.
-- Rows are compared by 64-bit fingerprints, so texts are read only for rows that open an interval.
with documents as (

    select * from history.documents

), contents as (

    select
        states.document_id as document_id,
        states.sub_task_id as sub_task_id,
        states.landing_id as landing_id,
        states.received_at as received_at,
        fingerprint(
            (
                states.sub_task_id,
                states.each_document_column,
                states._rescued
            )
        ) as content,
    from history.documents as states
    inner join staging.compared_snapshots using (landing_id)

), sub_tasks as (

    select * from history.sub_tasks

), sub_task_intervals as (

    select
        *,
        coalesce(valid_from_at, minus_infinity()) as began_at,
        coalesce(valid_to_at, infinity()) as ended_at,
    from history.sub_task_intervals

), snapshots as (

    select
        *,
        coalesce(watermark_at, minus_infinity()) as effective_at,
    from staging.compared_snapshots

), lists as (

    select
        sub_tasks.sub_task_id as sub_task_id,
        sub_tasks.landing_id as landing_id,
        snapshots.snapshot_rank as snapshot_rank,
        snapshots.effective_at as effective_at,
        min(case when sub_tasks.documents_complete then snapshots.effective_at end) over (
            partition by sub_tasks.sub_task_id
            order by snapshots.snapshot_rank
            rows between 1 following and unbounded following
        ) as next_list_at,
    from sub_tasks
    inner join snapshots using (landing_id)

), states as (

    select
        contents.document_id as document_id,
        contents.sub_task_id as sub_task_id,
        contents.landing_id as landing_id,
        contents.received_at as received_at,
        lists.snapshot_rank as snapshot_rank,
        lists.effective_at as effective_at,
        coalesce(
            least(
                lead(lists.effective_at) over (partition by contents.document_id order by lists.snapshot_rank),
                lists.next_list_at
            ),
            infinity()
        ) as ends_at,
        contents.content as content,
    from contents
    inner join lists using (landing_id, sub_task_id)

), held_with_sub_task as (

    -- If the sub_task came back or moved, the delivery of the sub_task opens the interval.
    select
        states.document_id as document_id,
        states.landing_id as landing_id,
        states.snapshot_rank as snapshot_rank,
        states.effective_at as effective_at,
        states.content as content,
        sub_task_intervals.task_id as task_id,
        sub_task_intervals.milestone_id as milestone_id,
        sub_task_intervals.began_at <= states.effective_at as has_parent_at_start,
        case
            when sub_task_intervals.began_at <= states.effective_at then states.landing_id
            else sub_task_intervals.landing_id
        end as opened_by_landing_id,
        case
            when sub_task_intervals.began_at <= states.effective_at then states.received_at
            else sub_task_intervals.received_at
        end as received_at,
        greatest(states.effective_at, sub_task_intervals.began_at) as valid_from_at,
        least(states.ends_at, sub_task_intervals.ended_at) as valid_to_at,
    from states
    inner join sub_task_intervals
        on
            states.sub_task_id = sub_task_intervals.sub_task_id
            and states.effective_at < sub_task_intervals.ended_at
            and states.ends_at > sub_task_intervals.began_at
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
    from compared
    window earlier_first as (partition by document_id order by valid_from_at)

), intervals as (

    select
        document_id,
        min_by(landing_id, valid_from_at) as landing_id,
        min_by(opened_by_landing_id, valid_from_at) as opened_by_landing_id,
        min_by(received_at, valid_from_at) as received_at,
        min(task_id) as task_id,
        min(milestone_id) as milestone_id,
        all_in_order(landing_id, case when has_parent_at_start or not is_same then snapshot_rank end) as landing_ids,
        all_in_order(
            nullif(effective_at, minus_infinity()),
            case when has_parent_at_start or not is_same then snapshot_rank end
        ) as watermarks,
        min(valid_from_at) as valid_from_at,
        max(valid_to_at) as valid_to_at,
    from numbered
    group by document_id, interval_number

)

select
    documents.document_id as document_id,
    documents.sub_task_id as sub_task_id,
    intervals.task_id as task_id,
    intervals.milestone_id as milestone_id,
    intervals.opened_by_landing_id as landing_id,
    documents.each_document_column as each_document_column,
    intervals.landing_ids as landing_ids,
    intervals.watermarks as watermarks,
    nullif(intervals.valid_from_at, minus_infinity()) as valid_from_at,
    nullif(intervals.valid_to_at, infinity()) as valid_to_at,
    intervals.received_at as received_at,
    documents._rescued as _rescued,
from documents
inner join intervals using (document_id, landing_id)

union all

-- What is alone has one state, without end.
select
    documents.document_id as document_id,
    documents.sub_task_id as sub_task_id,
    documents.task_id as task_id,
    documents.milestone_id as milestone_id,
    documents.landing_id as landing_id,
    documents.each_document_column as each_document_column,
    list_of(documents.landing_id) as landing_ids,
    list_of(alone.watermark_at) as watermarks,
    alone.watermark_at as valid_from_at,
    cast(null as timestamp) as valid_to_at,
    documents.received_at as received_at,
    documents._rescued as _rescued,
from documents
inner join staging.alone_snapshots as alone using (landing_id)
