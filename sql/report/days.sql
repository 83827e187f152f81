-- Time from landing to publishing and missed submits, by day received; not filtered.
-- grain: day
-- inputs: marts.delivery_quality
with quality as (

    select * from marts.delivery_quality

)

select
    date_diff('day', date '1970-01-01', received_date) as day,
    submits_never_delivered as undelivered,
    cast(round(median_seconds_to_publish) as bigint) as median_seconds,
    cast(round(p90_seconds_to_publish) as bigint) as p90_seconds,
    cast(round(longest_seconds_to_publish) as bigint) as longest_seconds,
from quality
order by received_date
