-- How well the webhook worked, day by day: outcomes, late arrivals, repairs and how long publishing took.
-- grain: received_date
-- inputs: ops.deliveries, ops.latency
with deliveries as (

    select * from ops.deliveries

), latency as (

    select * from ops.latency

)

select
    cast(deliveries.received_at as date) as received_date,
    count(*) as deliveries,
    count(case when deliveries.outcome = 'applied' then 1 end) as applied,
    count(case when deliveries.outcome = 'superseded' then 1 end) as superseded,
    count(case when deliveries.outcome = 'duplicate' then 1 end) as duplicate,
    count(case when deliveries.outcome = 'ignored' then 1 end) as ignored,
    count(case when deliveries.outcome = 'quarantined' then 1 end) as quarantined,
    count(case when deliveries.is_late then 1 end) as late,
    count(case when deliveries.repair <> 'none' then 1 end) as repaired,
    count(distinct deliveries.milestone_id) as milestones,
    median(latency.total_seconds) as median_seconds_to_publish,
    max(latency.total_seconds) as longest_seconds_to_publish,
from deliveries
left join latency using (landing_id)
group by cast(deliveries.received_at as date)
