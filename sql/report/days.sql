-- Time from landing to publishing and missed submits, by day received; not filtered.
-- grain: day
-- inputs: marts.delivery_quality, ops.latency
-- The version's own file was finished before readers could open it, so its time is given as a parameter.
-- Parameters: published_at.
with quality as (

    select * from marts.delivery_quality

), latency as (

    select
        cast(landed_at as date) as received_date,
        epoch_us(coalesce(published_at, setting('published_at'))) / 1e6 - epoch_us(landed_at) / 1e6 as seconds,
    from ops.latency

), published as (

    select
        received_date,
        cast(round(percentile(seconds, 0.5)) as bigint) as p50_seconds,
        cast(round(percentile(seconds, 0.95)) as bigint) as p95_seconds,
        cast(round(percentile(seconds, 0.99)) as bigint) as p99_seconds,
        cast(round(max(seconds)) as bigint) as longest_seconds,
    from latency
    group by received_date

)

select
    date_diff('day', date '1970-01-01', quality.received_date) as day,
    quality.submits_never_delivered as undelivered,
    published.p50_seconds as p50_seconds,
    published.p95_seconds as p95_seconds,
    published.p99_seconds as p99_seconds,
    published.longest_seconds as longest_seconds,
from quality
left join published using (received_date)
order by quality.received_date
