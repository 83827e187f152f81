-- How long do approvals take, by definition?
-- Open milestones count: p90 is empty where more than one in ten is still open.
select
    name,
    milestones,
    open,
    round(p50_seconds / 86400, 1) as p50_days,
    round(p90_seconds / 86400, 1) as p90_days,
    round(p50_seconds_of_approved / 86400, 1) as p50_days_of_approved,
    round(p90_seconds_of_approved / 86400, 1) as p90_days_of_approved,
from marts.approval_times
where grouped_by = 'definition'
order by p50_seconds desc
