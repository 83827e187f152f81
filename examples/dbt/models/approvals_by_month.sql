-- How many milestones were submitted in each month, and how they ended.
select
    cast(date_trunc('month', submitted_at) as date) as submitted_month,
    count(*) as milestones,
    count(*) filter (where state = 'approved') as approved,
    count(*) filter (where rejections > 0) as ever_rejected,
    round(median(cycle_seconds) / 86400, 1) as median_days
from {{ source('sighten_marts', 'approval_cycles') }}
where submitted_at is not null
group by submitted_month
order by submitted_month
