-- Which field of a milestone, task or sub_task changed from what to what, by which delivery.
-- grain: entity, entity_id, field, watermark_at
-- inputs: history.milestone_intervals, history.sub_task_intervals, history.task_intervals
-- Appearing is no change; one that was gone and is back is compared with what it was before.
with milestones as (

    select * from history.milestone_intervals

), tasks as (

    select * from history.task_intervals

), sub_tasks as (

    select * from history.sub_task_intervals

), states as (

    select
        'milestone' as entity,
        milestone_id as entity_id,
        valid_from_at,
    from milestones

    union all

    select
        'task' as entity,
        task_id as entity_id,
        valid_from_at,
    from tasks

    union all

    select
        'sub_task' as entity,
        sub_task_id as entity_id,
        valid_from_at,
    from sub_tasks

), numbered as (

    select
        *,
        row_number() over earlier_first as state_number,
        lag(valid_from_at) over earlier_first as valid_before_at,
    from states
    window earlier_first as (partition by entity, entity_id order by valid_from_at nulls first)

), later_states as (

    select * from numbered
    where state_number > 1

), milestone_changes as (

    select
        later_states.entity as entity,
        later_states.entity_id as entity_id,
        after.milestone_id as milestone_id,
        after.landing_id as landing_id,
        explode(
            array_of(
                change('name', before.name, after.name),
                change('alias', before.alias, after.alias),
                change('description', before.description, after.description),
                change('status', before.status, after.status),
                change('site_id', before.site_id, after.site_id),
                change('quote_id', before.quote_id, after.quote_id),
                change('workflow_id', before.workflow_id, after.workflow_id),
                change('contract_id', before.contract_id, after.contract_id),
                change('milestone_definition_id', before.milestone_definition_id, after.milestone_definition_id),
                change('assigned_to_user_id', before.assigned_to_user_id, after.assigned_to_user_id),
                change('ready_to_submit', before.ready_to_submit, after.ready_to_submit),
                change('task_count', before.task_count, after.task_count),
                change('pending_task_count', before.pending_task_count, after.pending_task_count),
                change('ready_task_count', before.ready_task_count, after.ready_task_count),
                change('approved_task_count', before.approved_task_count, after.approved_task_count),
                change('rejected_task_count', before.rejected_task_count, after.rejected_task_count),
                change('date_updated', before.date_updated, after.date_updated),
                change('_rescued', before._rescued, after._rescued)
            )
        ) as change,
        after.valid_from_at as valid_from_at,
        after.received_at as received_at,
    from later_states
    inner join milestones as before
        on
            later_states.entity_id = before.milestone_id
            and later_states.valid_before_at is not distinct from before.valid_from_at
    inner join milestones as after
        on later_states.entity_id = after.milestone_id and later_states.valid_from_at = after.valid_from_at
    where later_states.entity = 'milestone'

), task_changes as (

    select
        later_states.entity as entity,
        later_states.entity_id as entity_id,
        after.milestone_id as milestone_id,
        after.landing_id as landing_id,
        explode(
            array_of(
                change('milestone_id', before.milestone_id, after.milestone_id),
                change('position', before.position, after.position),
                change('name', before.name, after.name),
                change('description', before.description, after.description),
                change('status', before.status, after.status),
                change('assigned_to_user_id', before.assigned_to_user_id, after.assigned_to_user_id),
                change('task_definition_id', before.task_definition_id, after.task_definition_id),
                change('approver_user_id', before.approver_user_id, after.approver_user_id),
                change('_rescued', before._rescued, after._rescued)
            )
        ) as change,
        after.valid_from_at as valid_from_at,
        after.received_at as received_at,
    from later_states
    inner join tasks as before
        on
            later_states.entity_id = before.task_id
            and later_states.valid_before_at is not distinct from before.valid_from_at
    inner join tasks as after
        on later_states.entity_id = after.task_id and later_states.valid_from_at = after.valid_from_at
    where later_states.entity = 'task'

), sub_task_changes as (

    select
        later_states.entity as entity,
        later_states.entity_id as entity_id,
        after.milestone_id as milestone_id,
        after.landing_id as landing_id,
        explode(
            array_of(
                change('milestone_id', before.milestone_id, after.milestone_id),
                change('task_id', before.task_id, after.task_id),
                change('position', before.position, after.position),
                change('label', before.label, after.label),
                change('instructions', before.instructions, after.instructions),
                change('category', before.category, after.category),
                change('status', before.status, after.status),
                change('document_status', before.document_status, after.document_status),
                change('required', before.required, after.required),
                change('data', before.data, after.data),
                change('is_checked', before.is_checked, after.is_checked),
                change('_rescued', before._rescued, after._rescued)
            )
        ) as change,
        after.valid_from_at as valid_from_at,
        after.received_at as received_at,
    from later_states
    inner join sub_tasks as before
        on
            later_states.entity_id = before.sub_task_id
            and later_states.valid_before_at is not distinct from before.valid_from_at
    inner join sub_tasks as after
        on later_states.entity_id = after.sub_task_id and later_states.valid_from_at = after.valid_from_at
    where later_states.entity = 'sub_task'

), changes as (

    select * from milestone_changes

    union all

    select * from task_changes

    union all

    select * from sub_task_changes

)

select
    entity,
    entity_id,
    change.field as field,
    milestone_id,
    landing_id,
    change.old_value as old_value,
    change.new_value as new_value,
    valid_from_at as watermark_at,
    received_at,
from changes
where change is not null
