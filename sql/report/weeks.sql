-- Submits, approvals, rejections and deliveries of each of the last weeks, oldest first.
-- grain: week
-- inputs: marts.milestone_events, ops.deliveries
-- Parameters: first_week and last_week, the Mondays of the first and the last week.
with weeks as (

    select cast(listed.week as date) as week
    from
        generate_series(
            cast(setting('first_week') as timestamp), cast(setting('last_week') as timestamp), interval '7' day
        ) as listed (week)

), events as (

    select
        cast(date_trunc('week', event_at) as date) as week,
        count(case when event = 'submitted' then 1 end) as submits,
        count(case when event = 'approved' then 1 end) as approvals,
        count(case when event = 'rejected' then 1 end) as rejections,
    from marts.milestone_events
    group by cast(date_trunc('week', event_at) as date)

), deliveries as (

    select
        cast(date_trunc('week', received_at) as date) as week,
        count(*) as deliveries,
        count(case when outcome = 'quarantined' then 1 end) as quarantined,
    from ops.deliveries
    group by cast(date_trunc('week', received_at) as date)

)

select
    weeks.week as week,
    coalesce(events.submits, 0) as submits,
    coalesce(events.approvals, 0) as approvals,
    coalesce(events.rejections, 0) as rejections,
    coalesce(deliveries.deliveries, 0) as deliveries,
    coalesce(deliveries.quarantined, 0) as quarantined,
from weeks
left join events using (week)
left join deliveries using (week)
order by weeks.week
