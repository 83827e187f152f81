-- Latency of each delivery, from landing to loading to its first publishing.
-- grain: landing_id
-- inputs: ops.deliveries, ops.batches, ops.versions
with deliveries as (

    select * from ops.deliveries

), batches as (

    select * from ops.batches

), versions as (

    select * from ops.versions

)

select
    deliveries.landing_id as landing_id,
    deliveries.batch_id as batch_id,
    deliveries.received_at as landed_at,
    batches.committed_at as loaded_at,
    versions.published_at as published_at,
    (epoch_us(batches.committed_at) - epoch_us(deliveries.received_at)) / 1000000.0 as load_seconds,
    (epoch_us(versions.published_at) - epoch_us(batches.committed_at)) / 1000000.0 as publish_seconds,
    (epoch_us(versions.published_at) - epoch_us(deliveries.received_at)) / 1000000.0 as total_seconds,
from deliveries
inner join batches using (batch_id)
left join versions on batches.first_version = versions.version
