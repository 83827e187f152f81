-- Milestones that wait longer for a decision than half of their definition's took in all; people are masked.
with pending as (

    select * from {{ source('sighten_masked', 'pending_ageing') }}

), usual as (

    select * from {{ source('sighten_marts', 'approval_times_by_definition') }}

)

select
    pending.milestone_id,
    pending.name,
    pending.assigned_to_email,
    pending.submits,
    pending.pending_since_at,
    round(usual.p50_seconds / 86400, 1) as usual_days
from pending
inner join usual using (milestone_definition_id)
where pending.pending_since_at + to_seconds(usual.p50_seconds) < now() at time zone 'UTC'
