-- Every state of a document with its interval of validity; a new row starts only when something changed.
-- grain: document_id, valid_from_at
-- inputs: history.documents, staging.alone_snapshots, staging.compared_snapshots, temp.document_intervals
-- replaced by: landing_id
-- What is read twice is read by name each time, not by CTE: DuckDB holds a CTE that is read twice in memory.
with alone as (

    select * from staging.alone_snapshots

), intervals as (

    select * from temp.document_intervals

)

select
    states.document_id as document_id,
    states.sub_task_id as sub_task_id,
    intervals.task_id as task_id,
    intervals.milestone_id as milestone_id,
    opened_by.landing_id as landing_id,
    states.each_document_column as each_document_column,
    intervals.landing_ids as landing_ids,
    intervals.watermarks as watermarks,
    nullif(intervals.valid_from_at, minus_infinity()) as valid_from_at,
    nullif(intervals.valid_to_at, infinity()) as valid_to_at,
    opened_by.received_at as received_at,
    states._rescued as _rescued,
from history.documents as states
inner join staging.compared_snapshots as snapshots on states.landing_id = snapshots.landing_id
inner join intervals
    on
        states.document_id = intervals.document_id
        and snapshots.snapshot_rank = intervals.snapshot_rank
inner join staging.compared_snapshots as opened_by on intervals.opened_by_rank = opened_by.snapshot_rank

union all

-- What is alone has one state, without end.
select
    states.document_id as document_id,
    states.sub_task_id as sub_task_id,
    states.task_id as task_id,
    states.milestone_id as milestone_id,
    states.landing_id as landing_id,
    states.each_document_column as each_document_column,
    list_of(states.landing_id) as landing_ids,
    list_of(alone.watermark_at) as watermarks,
    alone.watermark_at as valid_from_at,
    cast(null as timestamp) as valid_to_at,
    states.received_at as received_at,
    states._rescued as _rescued,
from history.documents as states
inner join alone using (landing_id)
