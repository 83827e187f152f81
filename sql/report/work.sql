-- Tasks of the requested milestones with their sub_tasks and document counts.
-- grain: milestone_id, task_position, task, sub_task_position, sub_task_id
-- inputs: main.documents, main.sub_tasks, main.tasks
-- Parameters: milestone_ids.
with requested as (

    select unnest(setting('milestone_ids')) as milestone_id

), tasks as (

    select tasks.* from requested
    inner join main.tasks as tasks using (milestone_id)

), sub_tasks as (

    select sub_tasks.* from requested
    inner join main.sub_tasks as sub_tasks using (milestone_id)

), documents as (

    select
        documents.sub_task_id as sub_task_id,
        count(*) as documents,
    from requested
    inner join main.documents as documents using (milestone_id)
    group by documents.sub_task_id

)

select
    tasks.milestone_id as milestone_id,
    tasks.position as task_position,
    tasks.name as task,
    tasks.status as status,
    sub_tasks.position as sub_task_position,
    sub_tasks.sub_task_id as sub_task_id,
    sub_tasks.label as label,
    sub_tasks.status as sub_task_status,
    sub_tasks.document_status as document_status,
    sub_tasks.is_checked as is_checked,
    coalesce(documents.documents, 0) as documents,
from tasks
left join sub_tasks using (task_id)
left join documents on sub_tasks.sub_task_id = documents.sub_task_id
order by tasks.milestone_id, tasks.position, tasks.name, sub_tasks.position, sub_tasks.sub_task_id
