-- Milestones with the columns that the page filters by; start_date is the first submit, else the newest snapshot.
-- grain: milestone_id
-- inputs: main.milestones, marts.approval_cycles, report.definitions, report.organizations
with milestones as (

    select * from main.milestones

), cycles as (

    select * from marts.approval_cycles

), definitions as (

    select * from report.definitions

), organizations as (

    select * from report.organizations

)

select
    cycles.milestone_id as milestone_id,
    definitions.id as definition_id,
    definitions.number as definition,
    organizations.id as organization_id,
    organizations.number as organization,
    cast(coalesce(cycles.submitted_at, milestones.watermark_at, milestones.first_received_at) as date) as start_date,
    milestones.quote_id as quote_id,
from cycles
inner join milestones using (milestone_id)
inner join definitions on coalesce(cycles.milestone_definition_id, cycles.name, '') = definitions.id
inner join organizations on coalesce(cycles.organization_id, '') = organizations.id
