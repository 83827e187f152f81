-- Latency of each delivery, from landing to loading to its first publishing, and the percentiles of its day.
-- grain: landing_id
-- inputs: ops.deliveries, ops.batches, ops.versions
with deliveries as (

    select * from ops.deliveries

), batches as (

    select * from ops.batches

), versions as (

    select * from ops.versions

), latency as (

    select
        deliveries.landing_id as landing_id,
        deliveries.batch_id as batch_id,
        deliveries.received_at as landed_at,
        batches.committed_at as loaded_at,
        versions.published_at as published_at,
        (epoch_us(batches.committed_at) - epoch_us(deliveries.received_at)) / 1e6 as load_seconds,
        (epoch_us(versions.published_at) - epoch_us(batches.committed_at)) / 1e6 as publish_seconds,
        (epoch_us(versions.published_at) - epoch_us(deliveries.received_at)) / 1e6 as total_seconds,
    from deliveries
    inner join batches using (batch_id)
    left join versions on batches.first_version = versions.version

), days as (

    select
        cast(landed_at as date) as landed_date,
        percentile_cont(0.5) within group (order by total_seconds) as p50_total_seconds,
        percentile_cont(0.95) within group (order by total_seconds) as p95_total_seconds,
        percentile_cont(0.99) within group (order by total_seconds) as p99_total_seconds,
    from latency
    group by cast(landed_at as date)

)

select
    latency.landing_id as landing_id,
    latency.batch_id as batch_id,
    latency.landed_at as landed_at,
    latency.loaded_at as loaded_at,
    latency.published_at as published_at,
    latency.load_seconds as load_seconds,
    latency.publish_seconds as publish_seconds,
    latency.total_seconds as total_seconds,
    days.landed_date as landed_date,
    days.p50_total_seconds as p50_total_seconds,
    days.p95_total_seconds as p95_total_seconds,
    days.p99_total_seconds as p99_total_seconds,
from latency
inner join days on cast(latency.landed_at as date) = days.landed_date
