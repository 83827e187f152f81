-- Every milestone as it was after each of its snapshots, each column as the last one had it that tells it.
-- grain: landing_id, milestone_id
-- inputs: history.milestones, ops.snapshots
-- A webhook tells everything but what only REST has. REST tells what is not NULL; the rest stays as it was. Milestones
-- that REST never told of are as they were delivered, duplicates included.
-- History is named wherever it is read: a CTE that is read twice is held in memory, all of it.
with milestones as (

    select * from history.milestones

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate and kind = 'milestone'

), pulled as (

    select distinct
        milestone_id,
        true as is_pulled,
    from snapshots
    where is_rest

), ranked as (

    select
        milestones.*,
        snapshots.snapshot_rank as snapshot_rank,
        count(case when not snapshots.is_rest then 1 end) over (
            partition by milestones.milestone_id
            order by snapshots.snapshot_rank
            rows between unbounded preceding and current row
        ) as webhooks,
    from history.milestones as milestones
    inner join snapshots using (landing_id)
    inner join pulled on milestones.milestone_id = pulled.milestone_id

)

select
    milestones.milestone_id as milestone_id,
    milestones.landing_id as landing_id,
    milestones.name as name,
    milestones.alias as alias,
    milestones.description as description,
    milestones.status as status,
    milestones.site_id as site_id,
    milestones.quote_id as quote_id,
    milestones.workflow_id as workflow_id,
    milestones.contract_id as contract_id,
    milestones.milestone_definition_id as milestone_definition_id,
    milestones.assigned_to_user_id as assigned_to_user_id,
    milestones.ready_to_submit as ready_to_submit,
    milestones.task_count as task_count,
    milestones.pending_task_count as pending_task_count,
    milestones.ready_task_count as ready_task_count,
    milestones.approved_task_count as approved_task_count,
    milestones.rejected_task_count as rejected_task_count,
    milestones.date_updated as date_updated,
    milestones.watermark_at as watermark_at,
    milestones.received_at as received_at,
    milestones._rescued as _rescued,
from milestones
left join pulled using (milestone_id)
where pulled.is_pulled is null

union all

select
    milestone_id,
    landing_id,
    last_value(name ignore nulls) over so_far as name,
    last_value(alias ignore nulls) over ever as alias,
    last_value(description ignore nulls) over so_far as description,
    last_value(status ignore nulls) over so_far as status,
    last_value(site_id ignore nulls) over so_far as site_id,
    last_value(quote_id ignore nulls) over so_far as quote_id,
    last_value(workflow_id ignore nulls) over ever as workflow_id,
    last_value(contract_id ignore nulls) over ever as contract_id,
    last_value(milestone_definition_id ignore nulls) over so_far as milestone_definition_id,
    last_value(assigned_to_user_id ignore nulls) over so_far as assigned_to_user_id,
    last_value(ready_to_submit ignore nulls) over so_far as ready_to_submit,
    last_value(task_count ignore nulls) over so_far as task_count,
    last_value(pending_task_count ignore nulls) over so_far as pending_task_count,
    last_value(ready_task_count ignore nulls) over so_far as ready_task_count,
    last_value(approved_task_count ignore nulls) over so_far as approved_task_count,
    last_value(rejected_task_count ignore nulls) over so_far as rejected_task_count,
    last_value(date_updated ignore nulls) over so_far as date_updated,
    watermark_at,
    received_at,
    last_value(_rescued ignore nulls) over so_far as _rescued,
from ranked
window
    ever as (
        partition by milestone_id
        order by snapshot_rank
        rows between unbounded preceding and current row
    ),
    so_far as (
        partition by milestone_id, webhooks
        order by snapshot_rank
        rows between unbounded preceding and current row
    )
