-- How many submits were cancelled, and after how long?
select
    name,
    count(*) as cancelled_submits,
    round(median(epoch(ended_at - submitted_at)) / 3600, 1) as median_hours,
from marts.reviews
where ended_as = 'cancelled'
group by name
order by cancelled_submits desc, name asc
limit 5
