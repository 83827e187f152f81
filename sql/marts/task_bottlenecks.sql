-- Task bottlenecks: how often each task is open, and how often it is the last open task of its milestone.
-- grain: milestone_definition_id, name
-- inputs: marts.task_times
-- In the percentiles, an open task counts as longer than all others.
with tasks as (

    select
        *,
        case when is_open and submitted_at is not null then cast('Infinity' as double) else seconds end
            as seconds_so_far,
    from marts.task_times

), measured as (

    select
        milestone_definition_id,
        name,
        count(*) as tasks,
        count(case when is_open then 1 end) as open_tasks,
        count(case when is_last_open then 1 end) as last_open_tasks,
        count(case when is_in_review then 1 end) as tasks_in_review,
        count(case when was_rejected then 1 end) as rejected_tasks,
        percentile_cont(0.5) within group (order by seconds_so_far) as p50_seconds,
        percentile_cont(0.9) within group (order by seconds_so_far) as p90_seconds,
    from tasks
    group by milestone_definition_id, name

)

select
    milestone_definition_id,
    name,
    tasks,
    open_tasks,
    last_open_tasks,
    tasks_in_review,
    rejected_tasks,
    open_tasks / tasks as open_share,
    nullif(p50_seconds, cast('Infinity' as double)) as p50_seconds,
    nullif(p90_seconds, cast('Infinity' as double)) as p90_seconds,
from measured
