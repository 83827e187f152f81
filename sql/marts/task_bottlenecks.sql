-- Task bottlenecks: how often each task is open, and how often it is the last open task of its milestone.
-- grain: milestone_definition_id, name
-- inputs: history.tasks, main.milestones, main.tasks, marts.approval_cycles, ops.snapshots
-- In the percentiles, an open task counts as longer than all others.
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

), timed as (

    select
        milestones.milestone_definition_id as milestone_definition_id,
        tasks.name as name,
        tasks.milestone_id as milestone_id,
        tasks.is_open as is_open,
        tasks.open_siblings as open_siblings,
        coalesce(delivered.was_rejected, false) as was_rejected,
        tasks.is_open and coalesce(cycles.state = 'pending', false) as holds_up,
        case
            when tasks.is_open and cycles.submitted_at is not null then cast('Infinity' as double)
            when cycles.submitted_at <= delivered.approved_at and not tasks.is_open
                then seconds_between(cycles.submitted_at, delivered.approved_at)
            when cycles.submitted_at > delivered.approved_at and not tasks.is_open then 0.0
        end as seconds,
    from tasks
    left join milestones using (milestone_id)
    left join cycles using (milestone_id)
    left join delivered using (task_id)

)

select
    milestone_definition_id,
    name,
    count(*) as tasks,
    count(case when is_open then 1 end) as open_tasks,
    count(case when is_open and open_siblings = 1 then 1 end) as last_open_tasks,
    count(case when holds_up then 1 end) as tasks_in_review,
    count(case when was_rejected then 1 end) as rejected_tasks,
    count(case when is_open then 1 end) / count(*) as open_share,
    nullif(percentile(seconds, 0.5), cast('Infinity' as double)) as p50_seconds,
    nullif(percentile(seconds, 0.9), cast('Infinity' as double)) as p90_seconds,
from timed
group by milestone_definition_id, name
