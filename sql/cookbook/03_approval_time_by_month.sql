-- Are approvals getting faster or slower, by month of the first submit?
select
    submitted_month,
    milestones,
    open,
    round(p50_seconds / 86400, 1) as p50_days,
    round(p90_seconds / 86400, 1) as p90_days,
from marts.approval_times_by_month
where submitted_month >= date '2025-07-01'
order by submitted_month
