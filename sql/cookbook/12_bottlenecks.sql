-- Which tasks are the bottlenecks?
select
    name,
    sum(tasks) as tasks,
    sum(open_tasks) as open_tasks,
    sum(last_open_tasks) as last_open_tasks,
    sum(rejected_tasks) as ever_rejected,
from marts.task_bottlenecks
group by name
order by last_open_tasks desc, open_tasks desc, name asc
limit 5
