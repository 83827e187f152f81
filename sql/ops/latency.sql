-- Latency of each delivery, from landing to loading to its first publishing.
-- grain: landing_id
-- inputs: ops.deliveries, ops.batches, ops.versions, staging.version_batches
with deliveries as (

    select * from ops.deliveries

), batches as (

    select * from ops.batches

), versions as (

    select * from ops.versions

), first_versions as (

    select
        version_batches.batch_id as batch_id,
        min(versions.published_at) as published_at,
    from staging.version_batches as version_batches
    inner join versions using (version)
    group by version_batches.batch_id

)

select
    deliveries.landing_id as landing_id,
    deliveries.batch_id as batch_id,
    deliveries.received_at as landed_at,
    batches.committed_at as loaded_at,
    first_versions.published_at as published_at,
    seconds_between(deliveries.received_at, batches.committed_at) as load_seconds,
    seconds_between(batches.committed_at, first_versions.published_at) as publish_seconds,
    seconds_between(deliveries.received_at, first_versions.published_at) as total_seconds,
from deliveries
inner join batches using (batch_id)
left join first_versions using (batch_id)
