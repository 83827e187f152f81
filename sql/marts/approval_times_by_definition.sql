-- Time to approval by definition: median, 90th percentile and extremes.
-- grain: milestone_definition_id
-- inputs: ops.approval_times
with times as (

    select * from ops.approval_times
    where grouped_by = 'definition'

)

select
    milestone_definition_id,
    name,
    milestones,
    approved,
    open,
    p50_seconds,
    p90_seconds,
    p50_seconds_of_approved,
    p90_seconds_of_approved,
    shortest_seconds,
    longest_seconds,
    longest_open_seconds,
from times
