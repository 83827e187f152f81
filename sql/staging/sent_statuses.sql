-- The statuses of milestones that webhooks have shown, each with its earliest watermark.
-- grain: status
-- inputs: history.deliveries, history.milestones
-- Which statuses Sighten sends is configured there, so it is inferred from what it has sent.
with deliveries as (

    select * from history.deliveries
    where source = 'webhook'

), milestones as (

    select * from history.milestones

)

select
    milestones.status as status,
    min(milestones.watermark_at) as first_watermark_at,
from milestones
inner join deliveries using (landing_id, milestone_id)
group by milestones.status
