-- Who decides how often and how fast, and with what rejection rate?
select
    decided_by,
    count(*) as decisions,
    round(median(review_seconds) / 86400, 1) as median_days,
    round(100 * avg(cast(ended_as = 'rejected' as integer)), 1) as rejected_percent,
from marts.reviews
where review_seconds is not null
group by decided_by
order by decisions desc, decided_by asc
limit 5
