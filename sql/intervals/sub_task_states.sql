-- Every sub_task as it was after each snapshot that holds it, each column as the last one had it that tells it.
-- grain: landing_id, sub_task_id
-- inputs: history.sub_tasks, ops.snapshots
-- REST tells what is not NULL; the rest stays as it was in that task. Sub_tasks that REST never told of are as they
-- were delivered, duplicates included.
-- History is named wherever it is read: a CTE that is read twice is held in memory, all of it.
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
        snapshots.snapshot_rank as snapshot_rank,
        count(case when not snapshots.is_rest then 1 end) over (
            partition by sub_tasks.sub_task_id, sub_tasks.task_id
            order by snapshots.snapshot_rank
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
    sub_tasks.position as position,
    sub_tasks.label as label,
    sub_tasks.instructions as instructions,
    sub_tasks.category as category,
    sub_tasks.status as status,
    sub_tasks.document_status as document_status,
    sub_tasks.required as required,
    sub_tasks.data as data,
    sub_tasks.is_checked as is_checked,
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
    last_value(position ignore nulls) over so_far as position,
    last_value(label ignore nulls) over so_far as label,
    last_value(instructions ignore nulls) over so_far as instructions,
    last_value(category ignore nulls) over so_far as category,
    last_value(status ignore nulls) over so_far as status,
    last_value(document_status ignore nulls) over so_far as document_status,
    last_value(required ignore nulls) over so_far as required,
    last_value(data ignore nulls) over so_far as data,
    last_value(is_checked ignore nulls) over so_far as is_checked,
    received_at,
    last_value(_rescued ignore nulls) over so_far as _rescued,
from ranked
window
    so_far as (
        partition by sub_task_id, task_id, webhooks
        order by snapshot_rank
        rows between unbounded preceding and current row
    )
