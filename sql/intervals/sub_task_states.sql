-- Every sub_task as it was after each snapshot that holds it, each column as the last one had it that tells it.
-- grain: landing_id, sub_task_id
-- inputs: history.sub_tasks, ops.snapshots
-- REST tells what is not NULL; the rest stays as it was in that task. Sub_tasks that REST never told of are as they
-- were delivered, duplicates included.
with sub_tasks as (

    select * from history.sub_tasks

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), pulled as (

    select distinct
        sub_tasks.sub_task_id as sub_task_id,
        true as is_pulled,
    from sub_tasks
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
    from sub_tasks
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
    max_by(position, case when position is not null then snapshot_rank end) over so_far as position,
    max_by(label, case when label is not null then snapshot_rank end) over so_far as label,
    max_by(instructions, case when instructions is not null then snapshot_rank end) over so_far as instructions,
    max_by(category, case when category is not null then snapshot_rank end) over so_far as category,
    max_by(status, case when status is not null then snapshot_rank end) over so_far as status,
    max_by(
        document_status, case when document_status is not null then snapshot_rank end
    ) over so_far as document_status,
    max_by(required, case when required is not null then snapshot_rank end) over so_far as required,
    max_by(data, case when data is not null then snapshot_rank end) over so_far as data,
    max_by(is_checked, case when is_checked is not null then snapshot_rank end) over so_far as is_checked,
    received_at,
    max_by(_rescued, case when _rescued is not null then snapshot_rank end) over so_far as _rescued,
from ranked
window
    so_far as (
        partition by sub_task_id, task_id, webhooks
        order by snapshot_rank
        rows between unbounded preceding and current row
    )
