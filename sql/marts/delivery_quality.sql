-- Quality of the deliveries by day received: outcomes, late arrivals, repairs, and time to publish.
-- grain: received_date
-- inputs: history.comments, history.drift, marts.milestone_events, ops.coverage, ops.deliveries, ops.latency, staging.own_codes -- noqa: LT05
with deliveries as (

    select * from ops.deliveries

), latency as (

    select * from ops.latency

), coverage as (

    select * from ops.coverage

), own_codes as (

    select * from staging.own_codes

), unknown_codes as (

    select distinct
        drift.landing_id as landing_id,
        true as is_unknown,
    from history.drift as drift
    left join own_codes on drift.code_field = own_codes.code_field and drift.example = own_codes.example
    where drift.drift = 'unknown_code' and own_codes.example is null

), undelivered as (

    -- A missing submit counts for the day of the first delivery whose comments mention it.
    select
        events.comment_id as comment_id,
        cast(min(comments.received_at) as date) as received_date,
    from marts.milestone_events as events
    inner join history.comments as comments using (comment_id)
    where events.event = 'submitted' and not events.is_delivered
    group by events.comment_id

), missed as (

    select
        received_date,
        count(*) as submits_never_delivered,
    from undelivered
    group by received_date

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
        count(unknown_codes.is_unknown) as with_unknown_codes,
        count(distinct deliveries.milestone_id) as milestones,
        median(
            case
                when deliveries.source = 'webhook' and deliveries.outcome in ('applied', 'superseded')
                    then seconds_between(deliveries.watermark_at, deliveries.received_at)
            end
        ) as median_seconds_to_receive,
        median(latency.total_seconds) as median_seconds_to_publish,
        percentile(latency.total_seconds, 0.9) as p90_seconds_to_publish,
        max(latency.total_seconds) as longest_seconds_to_publish,
    from deliveries
    left join latency using (landing_id)
    left join unknown_codes using (landing_id)
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
