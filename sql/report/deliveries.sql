-- Delivery outcomes, by day received and by definition and organization of the milestone.
-- grain: day, definition, organization
-- inputs: ops.deliveries, report.milestones
-- Deliveries without a known milestone, such as quarantined ones, have -1 for both.
with deliveries as (

    select * from ops.deliveries

), milestones as (

    select * from report.milestones

)

select
    date_diff('day', date '1970-01-01', cast(deliveries.received_at as date)) as day,
    coalesce(milestones.definition, -1) as definition,
    coalesce(milestones.organization, -1) as organization,
    count(case when deliveries.outcome = 'applied' then 1 end) as applied,
    count(case when deliveries.outcome = 'superseded' then 1 end) as superseded,
    count(case when deliveries.outcome = 'duplicate' then 1 end) as duplicate,
    count(case when deliveries.outcome = 'ignored' then 1 end) as ignored,
    count(case when deliveries.outcome = 'quarantined' then 1 end) as quarantined,
    count(case when deliveries.is_late then 1 end) as late,
    count(case when deliveries.repair <> 'none' then 1 end) as repaired,
from deliveries
left join milestones using (milestone_id)
group by
    cast(deliveries.received_at as date),
    coalesce(milestones.definition, -1),
    coalesce(milestones.organization, -1)
order by
    cast(deliveries.received_at as date),
    coalesce(milestones.definition, -1),
    coalesce(milestones.organization, -1)
