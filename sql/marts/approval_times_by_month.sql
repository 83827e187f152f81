-- Time to approval by month of the first submit: median, 90th percentile and extremes.
-- grain: submitted_month
-- inputs: ops.approval_times
with times as (

    select * from ops.approval_times
    where grouped_by = 'month'

)

select
    submitted_month,
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
