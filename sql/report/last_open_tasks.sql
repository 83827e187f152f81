-- The tasks that are most often the only open one of their milestone.
-- grain: task
-- inputs: marts.task_bottlenecks
-- Parameters: most.
with tasks as (

    select * from marts.task_bottlenecks

)

select
    coalesce(name, '') as task,
    cast(sum(last_open_tasks) as bigint) as last_open,
    cast(sum(open_tasks) as bigint) as open,
from tasks
group by coalesce(name, '')
having sum(open_tasks) > 0
order by sum(last_open_tasks) desc, sum(open_tasks) desc, coalesce(name, '') asc
limit setting('most')
