-- How long does rework take, from a rejection to the next submit?
select
    name,
    count(*) as rejections,
    count(*) filter (where next_submitted_at is null) as not_resubmitted,
    round(median(rework_seconds) / 86400, 1) as median_days_of_rework,
from marts.rejections
group by name
order by rejections desc, name asc
limit 5
