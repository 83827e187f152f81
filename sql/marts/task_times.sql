-- How long each current task took, from its milestone's first submit to the first delivery of the task as approved.
-- grain: task_id
-- inputs: history.tasks, main.milestones, main.tasks, marts.approval_cycles, ops.snapshots
-- replaced by: task_id
with milestones as (

    select * from main.milestones

), cycles as (

    select * from marts.approval_cycles

), tasks as (

    select
        *,
        coalesce(status, '') <> 'APPROVED' as is_open,
        count(case when coalesce(status, '') <> 'APPROVED' then 1 end) over milestone as open_siblings,
    from main.tasks
    window milestone as (partition by milestone_id)

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), delivered as (

    select
        states.task_id as task_id,
        -- REST reports that a task is approved, but not since when.
        min(
            case
                when states.status = 'APPROVED' and not coalesce(snapshots.is_rest, false) then snapshots.watermark_at
            end
        ) as approved_at,
        count(case when states.status = 'REJECTED' then 1 end) > 0 as was_rejected,
    from history.tasks as states
    inner join snapshots using (landing_id)
    group by states.task_id

)

select
    tasks.task_id as task_id,
    tasks.milestone_id as milestone_id,
    milestones.milestone_definition_id as milestone_definition_id,
    tasks.name as name,
    tasks.is_open as is_open,
    tasks.is_open and tasks.open_siblings = 1 and tasks.milestone_id is not null as is_last_open,
    tasks.is_open and coalesce(cycles.state = 'pending', false) as is_in_review,
    coalesce(delivered.was_rejected, false) as was_rejected,
    case
        when tasks.is_open then null
        when delivered.approved_at < cycles.submitted_at then 0.0
        else seconds_between(cycles.submitted_at, delivered.approved_at)
    end as seconds,
    cycles.submitted_at as submitted_at,
    delivered.approved_at as approved_at,
from tasks
left join milestones using (milestone_id)
left join cycles using (milestone_id)
left join delivered using (task_id)
