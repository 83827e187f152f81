-- Which field of a milestone, task or sub_task changed from what to what, by which delivery.
-- grain: entity, entity_id, field, watermark_at
-- inputs: history.milestone_intervals, history.sub_task_intervals, history.task_intervals
-- Appearing is no change; one that was gone and is back is compared with what it was before.
-- The names of the fields stand twice because DuckDB 1.5 cannot read an `unpivot` in a view that 2.0 has written.
with milestones as (

    select * from history.milestone_intervals

), tasks as (

    select * from history.task_intervals

), sub_tasks as (

    select * from history.sub_task_intervals

), milestone_values as (

    select
        'milestone' as entity,
        milestones.milestone_id as entity_id,
        milestones.milestone_id as milestone_id,
        milestones.landing_id as landing_id,
        fields.field as field,
        case fields.field
            when 'name' then milestones.name
            when 'alias' then milestones.alias
            when 'description' then milestones.description
            when 'status' then milestones.status
            when 'site_id' then milestones.site_id
            when 'quote_id' then milestones.quote_id
            when 'workflow_id' then milestones.workflow_id
            when 'contract_id' then milestones.contract_id
            when 'milestone_definition_id' then milestones.milestone_definition_id
            when 'assigned_to_user_id' then milestones.assigned_to_user_id
            when 'ready_to_submit' then cast(milestones.ready_to_submit as string)
            when 'task_count' then cast(milestones.task_count as string)
            when 'pending_task_count' then cast(milestones.pending_task_count as string)
            when 'ready_task_count' then cast(milestones.ready_task_count as string)
            when 'approved_task_count' then cast(milestones.approved_task_count as string)
            when 'rejected_task_count' then cast(milestones.rejected_task_count as string)
            when 'date_updated' then cast(milestones.date_updated as string)
            when '_rescued' then cast(milestones._rescued as string)
        end as value,
        milestones.valid_from_at as valid_from_at,
        milestones.received_at as received_at,
    from milestones
    cross join (
        values
        ('name'),
        ('alias'),
        ('description'),
        ('status'),
        ('site_id'),
        ('quote_id'),
        ('workflow_id'),
        ('contract_id'),
        ('milestone_definition_id'),
        ('assigned_to_user_id'),
        ('ready_to_submit'),
        ('task_count'),
        ('pending_task_count'),
        ('ready_task_count'),
        ('approved_task_count'),
        ('rejected_task_count'),
        ('date_updated'),
        ('_rescued')
    ) as fields (field)

), task_values as (

    select
        'task' as entity,
        tasks.task_id as entity_id,
        tasks.milestone_id as milestone_id,
        tasks.landing_id as landing_id,
        fields.field as field,
        case fields.field
            when 'milestone_id' then tasks.milestone_id
            when 'position' then cast(tasks.position as string)
            when 'name' then tasks.name
            when 'description' then tasks.description
            when 'status' then tasks.status
            when 'assigned_to_user_id' then tasks.assigned_to_user_id
            when 'task_definition_id' then tasks.task_definition_id
            when 'approver_user_id' then tasks.approver_user_id
            when '_rescued' then cast(tasks._rescued as string)
        end as value,
        tasks.valid_from_at as valid_from_at,
        tasks.received_at as received_at,
    from tasks
    cross join (
        values
        ('milestone_id'),
        ('position'),
        ('name'),
        ('description'),
        ('status'),
        ('assigned_to_user_id'),
        ('task_definition_id'),
        ('approver_user_id'),
        ('_rescued')
    ) as fields (field)

), sub_task_values as (

    select
        'sub_task' as entity,
        sub_tasks.sub_task_id as entity_id,
        sub_tasks.milestone_id as milestone_id,
        sub_tasks.landing_id as landing_id,
        fields.field as field,
        case fields.field
            when 'milestone_id' then sub_tasks.milestone_id
            when 'task_id' then sub_tasks.task_id
            when 'position' then cast(sub_tasks.position as string)
            when 'label' then sub_tasks.label
            when 'instructions' then sub_tasks.instructions
            when 'category' then sub_tasks.category
            when 'status' then sub_tasks.status
            when 'document_status' then sub_tasks.document_status
            when 'required' then cast(sub_tasks.required as string)
            when 'data' then cast(sub_tasks.data as string)
            when 'is_checked' then cast(sub_tasks.is_checked as string)
            when '_rescued' then cast(sub_tasks._rescued as string)
        end as value,
        sub_tasks.valid_from_at as valid_from_at,
        sub_tasks.received_at as received_at,
    from sub_tasks
    cross join (
        values
        ('milestone_id'),
        ('task_id'),
        ('position'),
        ('label'),
        ('instructions'),
        ('category'),
        ('status'),
        ('document_status'),
        ('required'),
        ('data'),
        ('is_checked'),
        ('_rescued')
    ) as fields (field)

), all_values as (

    select * from milestone_values

    union all

    select * from task_values

    union all

    select * from sub_task_values

), compared as (

    select
        *,
        row_number() over earlier_first as state_number,
        lag(value) over earlier_first as value_before,
    from all_values
    window earlier_first as (partition by entity, entity_id, field order by valid_from_at nulls first)

)

select
    entity,
    entity_id,
    field,
    milestone_id,
    landing_id,
    value_before as old_value,
    value as new_value,
    valid_from_at as watermark_at,
    received_at,
from compared
where state_number > 1 and value is distinct from value_before
