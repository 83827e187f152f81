-- Which organizations get their milestones approved fastest?
select
    organization_name,
    milestones,
    open,
    round(p50_seconds / 86400, 1) as p50_days,
    round(p50_seconds_of_approved / 86400, 1) as p50_days_of_approved,
from marts.approval_times_by_organization
order by p50_seconds
