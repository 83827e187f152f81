-- Every task after each of its snapshots; fields that REST did not return keep their last value.
-- grain: landing_id, task_id
-- inputs: history.tasks, ops.snapshots
-- A REST response replaces the columns that it has a value for; values are kept within one milestone. The carried
-- columns (position, definition, approver) are missing in some kinds of snapshot: the intervals carry them forward.
-- Tasks without REST snapshots are as delivered, including duplicates.
-- History is read by name each time, not by CTE: DuckDB holds a CTE that is read twice in memory.
with tasks as (

    select * from history.tasks

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), pulled as (

    select distinct
        tasks.task_id as task_id,
        true as is_pulled,
    from history.tasks as tasks
    inner join snapshots using (landing_id)
    where snapshots.is_rest

), ranked as (

    select
        tasks.*,
        snapshots.watermark_at as snapshot_watermark_at,
        snapshots.last_received_at as last_received_at,
        snapshots.last_landing_id as last_landing_id,
        count(case when not snapshots.is_rest then 1 end) over (
            partition by tasks.task_id, tasks.milestone_id
            order by snapshots.watermark_at nulls first, snapshots.last_received_at, snapshots.last_landing_id
            rows between unbounded preceding and current row
        ) as webhooks,
    from history.tasks as tasks
    inner join snapshots using (landing_id)
    inner join pulled on tasks.task_id = pulled.task_id

), filled as (

    select
        task_id,
        landing_id,
        milestone_id,
        last_value(each_replaced_task_column ignore nulls) over so_far as each_replaced_task_column,
        each_carried_task_column,
        sub_tasks_complete,
        received_at,
        last_value(_rescued ignore nulls) over so_far as _rescued,
    from ranked
    window
        so_far as (
            partition by task_id, milestone_id, webhooks
            order by snapshot_watermark_at nulls first, last_received_at, last_landing_id
            rows between unbounded preceding and current row
        )

)

select
    tasks.task_id as task_id,
    tasks.landing_id as landing_id,
    tasks.milestone_id as milestone_id,
    tasks.each_task_column as each_task_column,
    tasks.sub_tasks_complete as sub_tasks_complete,
    tasks.received_at as received_at,
    tasks._rescued as _rescued,
from tasks
left join pulled using (task_id)
where pulled.is_pulled is null

union all

select
    task_id,
    landing_id,
    milestone_id,
    each_task_column,
    sub_tasks_complete,
    received_at,
    _rescued,
from filled
