-- Quality of the deliveries by day received: outcomes, late arrivals, repairs, and time to publish.
-- grain: received_date
-- inputs: marts.milestone_events, ops.coverage, ops.deliveries, ops.latency
with deliveries as (

    select * from ops.deliveries

), latency as (

    select * from ops.latency

), coverage as (

    select * from ops.coverage

), missed as (

    -- A missing submit counts for the day of the first delivery whose comments mention it.
    select
        cast(first_mentioned_at as date) as received_date,
        count(*) as submits_never_delivered,
    from marts.milestone_events
    where event = 'submitted' and not is_delivered
    group by cast(first_mentioned_at as date)

), days as (

    select
        cast(deliveries.received_at as date) as received_date,
        count(*) as deliveries,
        count(case when deliveries.source = 'webhook' then 1 end) as webhooks,
        count(case when deliveries.outcome = 'applied' then 1 end) as applied,
        count(case when deliveries.outcome = 'superseded' then 1 end) as superseded,
        count(case when deliveries.outcome = 'duplicate' then 1 end) as duplicate,
        count(case when deliveries.outcome = 'ignored' then 1 end) as ignored,
        count(case when deliveries.outcome = 'quarantined' then 1 end) as quarantined,
        count(case when deliveries.is_late then 1 end) as late,
        count(case when deliveries.repair <> 'none' then 1 end) as repaired,
        count(case when deliveries.has_unknown_codes then 1 end) as with_unknown_codes,
        count(distinct deliveries.milestone_id) as milestones,
        median(
            case
                when deliveries.source = 'webhook' and deliveries.outcome in ('applied', 'superseded')
                    then (epoch_us(deliveries.received_at) - epoch_us(deliveries.watermark_at)) / 1e6
            end
        ) as median_seconds_to_receive,
        median(latency.total_seconds) as median_seconds_to_publish,
        percentile_cont(0.9) within group (order by latency.total_seconds) as p90_seconds_to_publish,
        max(latency.total_seconds) as longest_seconds_to_publish,
    from deliveries
    left join latency using (landing_id)
    group by cast(deliveries.received_at as date)

)

select
    days.received_date as received_date,
    days.deliveries as deliveries,
    days.webhooks as webhooks,
    days.applied as applied,
    days.superseded as superseded,
    days.duplicate as duplicate,
    days.ignored as ignored,
    days.quarantined as quarantined,
    days.late as late,
    days.repaired as repaired,
    days.with_unknown_codes as with_unknown_codes,
    days.milestones as milestones,
    coalesce(missed.submits_never_delivered, 0) as submits_never_delivered,
    coverage.coverage as coverage,
    days.median_seconds_to_receive as median_seconds_to_receive,
    days.median_seconds_to_publish as median_seconds_to_publish,
    days.p90_seconds_to_publish as p90_seconds_to_publish,
    days.longest_seconds_to_publish as longest_seconds_to_publish,
from days
left join missed using (received_date)
left join coverage on days.received_date = coverage.changed_date
