-- Every sub_task after each of its snapshots; fields that REST did not return keep their last value.
-- grain: landing_id, sub_task_id
-- inputs: history.sub_tasks, ops.snapshots
-- A REST response replaces the columns that it has a value for; values are kept within one task. Sub_tasks without REST
-- snapshots are as delivered, including duplicates.
-- History is read by name each time, not by CTE: DuckDB holds a CTE that is read twice in memory.
with sub_tasks as (

    select * from history.sub_tasks

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), pulled as (

    select distinct
        sub_tasks.sub_task_id as sub_task_id,
        true as is_pulled,
    from history.sub_tasks as sub_tasks
    inner join snapshots using (landing_id)
    where snapshots.is_rest

), ranked as (

    select
        sub_tasks.*,
        snapshots.watermark_at as snapshot_watermark_at,
        snapshots.last_received_at as last_received_at,
        snapshots.last_landing_id as last_landing_id,
        count(case when not snapshots.is_rest then 1 end) over (
            partition by sub_tasks.sub_task_id, sub_tasks.task_id
            order by snapshots.watermark_at nulls first, snapshots.last_received_at, snapshots.last_landing_id
            rows between unbounded preceding and current row
        ) as webhooks,
    from history.sub_tasks as sub_tasks
    inner join snapshots using (landing_id)
    inner join pulled on sub_tasks.sub_task_id = pulled.sub_task_id

)

select
    sub_tasks.sub_task_id as sub_task_id,
    sub_tasks.landing_id as landing_id,
    sub_tasks.task_id as task_id,
    sub_tasks.milestone_id as milestone_id,
    sub_tasks.each_sub_task_column as each_sub_task_column,
    sub_tasks.received_at as received_at,
    sub_tasks._rescued as _rescued,
from sub_tasks
left join pulled using (sub_task_id)
where pulled.is_pulled is null

union all

select
    sub_task_id,
    landing_id,
    task_id,
    milestone_id,
    last_value(each_sub_task_column ignore nulls) over so_far as each_sub_task_column,
    received_at,
    last_value(_rescued ignore nulls) over so_far as _rescued,
from ranked
window
    so_far as (
        partition by sub_task_id, task_id, webhooks
        order by snapshot_watermark_at nulls first, last_received_at, last_landing_id
        rows between unbounded preceding and current row
    )
