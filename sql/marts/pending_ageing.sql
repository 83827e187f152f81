-- Milestones pending a decision, by assignee; their age since the last submit is computed when it is read.
-- grain: milestone_id
-- inputs: main.milestones, marts.approval_cycles, marts.people
-- replaced by: milestone_id
with milestones as (

    select * from main.milestones

), people as (

    select * from marts.people

), pending as (

    select * from marts.approval_cycles
    where state = 'pending'

)

select
    pending.milestone_id as milestone_id,
    pending.milestone_definition_id as milestone_definition_id,
    pending.organization_id as organization_id,
    pending.organization_name as organization_name,
    pending.name as name,
    pending.status as status,
    milestones.assigned_to_user_id as assigned_to_user_id,
    people.email as assigned_to_email,
    pending.submits as submits,
    pending.last_submitted_at as pending_since_at,
from pending
inner join milestones using (milestone_id)
left join people on milestones.assigned_to_user_id = people.user_id
