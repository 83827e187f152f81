-- How long is the review time, in the first and in later rounds?
select
    least(round, 3) as round_up_to_3,
    count(*) as submits,
    count(*) filter (where ended_as = 'approved') as approved,
    count(*) filter (where ended_as = 'rejected') as rejected,
    count(*) filter (where is_open) as open,
    round(median(review_seconds) / 86400, 1) as median_days_decided,
from marts.reviews
group by least(round, 3)
order by round_up_to_3
