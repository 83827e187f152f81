-- Every state of a milestone with the time in which it held: a row opens only when something changed.
-- grain: milestone_id, valid_from_at
-- inputs: history.milestone_states, ops.snapshots
-- A state holds from its snapshot's watermark on, without one since ever; of those that share one the last holds.
with milestones as (

    select * from history.milestone_states

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), states as (

    select
        milestones.*,
        snapshots.snapshot_rank as snapshot_rank,
        snapshots.watermark_at as valid_from_at,
        lead(snapshots.snapshot_rank) over earlier_first as next_rank,
        lead(snapshots.watermark_at) over earlier_first as valid_to_at,
    from milestones
    inner join snapshots using (landing_id)
    window earlier_first as (partition by milestones.milestone_id order by snapshots.snapshot_rank)

), held as (

    select * from states
    where next_rank is null or valid_from_at is distinct from valid_to_at

), compared as (

    select
        *,
        (
            coalesce(valid_from_at = lag(valid_to_at) over earlier_first, false)
            and name is not distinct from lag(name) over earlier_first
            and alias is not distinct from lag(alias) over earlier_first
            and description is not distinct from lag(description) over earlier_first
            and status is not distinct from lag(status) over earlier_first
            and site_id is not distinct from lag(site_id) over earlier_first
            and quote_id is not distinct from lag(quote_id) over earlier_first
            and workflow_id is not distinct from lag(workflow_id) over earlier_first
            and contract_id is not distinct from lag(contract_id) over earlier_first
            and milestone_definition_id is not distinct from lag(milestone_definition_id) over earlier_first
            and assigned_to_user_id is not distinct from lag(assigned_to_user_id) over earlier_first
            and ready_to_submit is not distinct from lag(ready_to_submit) over earlier_first
            and task_count is not distinct from lag(task_count) over earlier_first
            and pending_task_count is not distinct from lag(pending_task_count) over earlier_first
            and ready_task_count is not distinct from lag(ready_task_count) over earlier_first
            and approved_task_count is not distinct from lag(approved_task_count) over earlier_first
            and rejected_task_count is not distinct from lag(rejected_task_count) over earlier_first
            and date_updated is not distinct from lag(date_updated) over earlier_first
            and _rescued is not distinct from lag(_rescued) over earlier_first
        ) as is_same,
    from held
    window earlier_first as (partition by milestone_id order by snapshot_rank)

), numbered as (

    select
        *,
        count(case when not is_same then 1 end) over earlier_first as interval_number,
    from compared
    window earlier_first as (partition by milestone_id order by snapshot_rank)

), closed as (

    select
        *,
        last_value(valid_to_at) over whole_interval as closed_at,
    from numbered
    window whole_interval as (
        partition by milestone_id, interval_number
        order by snapshot_rank
        rows between unbounded preceding and unbounded following
    )

)

select
    milestone_id,
    landing_id,
    name,
    alias,
    description,
    status,
    site_id,
    quote_id,
    workflow_id,
    contract_id,
    milestone_definition_id,
    assigned_to_user_id,
    ready_to_submit,
    task_count,
    pending_task_count,
    ready_task_count,
    approved_task_count,
    rejected_task_count,
    date_updated,
    valid_from_at,
    closed_at as valid_to_at,
    received_at,
    _rescued,
from closed
where not is_same
