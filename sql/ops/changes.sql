-- Every changed field of a milestone, task or sub_task, with the old and new value and the delivery.
-- grain: entity_id, entity, field, watermark_at
-- inputs: history.milestone_intervals, history.sub_task_intervals, history.task_intervals
-- replaced by: landing_id
-- Intervals are read by name each time, not by CTE: DuckDB holds a CTE that is read twice in memory.
-- A first appearance is not a change. An entity that comes back is compared with its state before it was missing.
with states as (

    select
        'milestone' as entity,
        milestone_id as entity_id,
        valid_from_at,
    from history.milestone_intervals

    union all

    select
        'task' as entity,
        task_id as entity_id,
        valid_from_at,
    from history.task_intervals

    union all

    select
        'sub_task' as entity,
        sub_task_id as entity_id,
        valid_from_at,
    from history.sub_task_intervals

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
                change('each_milestone_column', before.each_milestone_column, after.each_milestone_column),
                change('_rescued', before._rescued, after._rescued)
            )
        ) as change,
        after.valid_from_at as valid_from_at,
        after.received_at as received_at,
    from later_states
    inner join history.milestone_intervals as before
        on
            later_states.entity_id = before.milestone_id
            and later_states.valid_before_at is not distinct from before.valid_from_at
    inner join history.milestone_intervals as after
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
                change('each_task_column', before.each_task_column, after.each_task_column),
                change('_rescued', before._rescued, after._rescued)
            )
        ) as change,
        after.valid_from_at as valid_from_at,
        after.received_at as received_at,
    from later_states
    inner join history.task_intervals as before
        on
            later_states.entity_id = before.task_id
            and later_states.valid_before_at is not distinct from before.valid_from_at
    inner join history.task_intervals as after
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
                change('each_sub_task_column', before.each_sub_task_column, after.each_sub_task_column),
                change('_rescued', before._rescued, after._rescued)
            )
        ) as change,
        after.valid_from_at as valid_from_at,
        after.received_at as received_at,
    from later_states
    inner join history.sub_task_intervals as before
        on
            later_states.entity_id = before.sub_task_id
            and later_states.valid_before_at is not distinct from before.valid_from_at
    inner join history.sub_task_intervals as after
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
