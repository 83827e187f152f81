-- Freshness and size of this version.
-- grain: version
-- inputs: marts.approval_cycles, ops.deliveries, ops.drift, ops.quarantine, ops.versions
with versions as (

    select
        *,
        row_number() over (order by version desc) as recency,
        count(*) over () as versions,
    from ops.versions

), deliveries as (

    select
        count(*) as deliveries,
        max(received_at) as received_at,
    from ops.deliveries

), milestones as (

    select count(*) as milestones
    from marts.approval_cycles

), quarantine as (

    select count(*) as quarantined
    from ops.quarantine
    where decision is null

), drift as (

    select count(*) as drift
    from ops.drift

)

select
    versions.version as version,
    versions.code_version as code_version,
    versions.versions as versions,
    versions.batches as batches,
    deliveries.deliveries as deliveries,
    milestones.milestones as milestones,
    quarantine.quarantined as quarantined,
    drift.drift as drift,
    epoch_ms(coalesce(versions.published_at, setting('published_at'), versions.started_at)) as published_ms,
    epoch_ms(deliveries.received_at) as received_ms,
from versions
cross join deliveries
cross join milestones
cross join quarantine
cross join drift
where versions.recency = 1
