-- How many milestones, and how many of each task, reached each stage, by definition.
-- grain: milestone_definition_id, task, stage_number
-- inputs: history.task_intervals, main.tasks, marts.approval_cycles
-- Whoever reached a later stage reached the earlier ones too, so that the numbers never rise from stage to stage.
with cycles as (

    select * from marts.approval_cycles

), tasks as (

    select * from main.tasks

), task_states as (

    select
        task_id,
        max(
            case status
                when 'APPROVED' then 3
                when 'REJECTED' then 3
                when 'READY' then 2
                else 1
            end
        ) as reached,
    from history.task_intervals
    group by task_id

), subjects as (

    select
        milestone_definition_id,
        cast(null as string) as task,
        case
            when state = 'approved' then 4
            when first_decision is not null or state = 'rejected' then 3
            when submits > 0 or state = 'pending' then 2
            else 1
        end as reached,
    from cycles

    union all

    select
        cycles.milestone_definition_id as milestone_definition_id,
        coalesce(tasks.name, '') as task,
        case when tasks.status = 'APPROVED' then 4 else coalesce(task_states.reached, 1) end as reached,
    from tasks
    left join cycles using (milestone_id)
    left join task_states using (task_id)

), stages as (

    select
        listed.stage_number as stage_number,
        listed.stage as stage,
        listed.stage_of_task as stage_of_task,
    from (
        values
        (1, 'delivered', 'delivered'),
        (2, 'submitted', 'ready'),
        (3, 'decided', 'decided'),
        (4, 'approved', 'approved')
    ) as listed (stage_number, stage, stage_of_task)

), counted as (

    select
        subjects.milestone_definition_id as milestone_definition_id,
        subjects.task as task,
        stages.stage_number as stage_number,
        case when subjects.task is null then stages.stage else stages.stage_of_task end as stage,
        count(*) as total,
        count(case when subjects.reached >= stages.stage_number then 1 end) as reached,
    from subjects
    cross join stages
    group by
        subjects.milestone_definition_id, subjects.task, stages.stage_number, stages.stage, stages.stage_of_task

), names as (

    select
        milestone_definition_id,
        max_by(name, milestone_id) as name,
    from cycles
    group by milestone_definition_id

)

select
    counted.milestone_definition_id as milestone_definition_id,
    names.name as name,
    counted.task as task,
    cast(counted.stage_number as bigint) as stage_number,
    counted.stage as stage,
    counted.reached as reached,
    counted.reached / counted.total as share_of_all,
from counted
left join names on counted.milestone_definition_id is not distinct from names.milestone_definition_id
