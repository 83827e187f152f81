-- Time to approval of the newest months of first submits, oldest first.
-- grain: month
-- inputs: marts.approval_times_by_month
-- Parameters: most.
with months as (

    select
        *,
        row_number() over (order by submitted_month desc) as recency,
    from marts.approval_times_by_month

)

select
    submitted_month as month,
    milestones,
    open,
    p50_seconds,
    p90_seconds,
    p50_seconds_of_approved,
    p90_seconds_of_approved,
from months
where recency <= setting('most')
order by submitted_month
