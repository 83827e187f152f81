-- How long do approvals take, by definition?
-- Milestones still open are included (Kaplan–Meier); p90 is empty while too many of them are open.
select
    name,
    milestones,
    open,
    round(p50_seconds / 86400, 1) as p50_days,
    round(p90_seconds / 86400, 1) as p90_days,
    round(p50_seconds_of_approved / 86400, 1) as p50_days_of_approved,
    round(p90_seconds_of_approved / 86400, 1) as p90_days_of_approved,
from marts.approval_times_by_definition
order by p50_seconds desc
