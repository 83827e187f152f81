-- Milestones whose timelines a report file holds: the longest pending and the newest.
-- grain: milestone_id
-- inputs: main.milestones, marts.pending_ageing
-- Parameters: max_rows. At most half of them are the longest pending.
with milestones as (

    select * from main.milestones

), pending as (

    select * from marts.pending_ageing

), ranked as (

    select
        milestones.milestone_id as milestone_id,
        row_number() over (order by pending.age_seconds desc nulls last, milestones.milestone_id asc) as oldest,
        row_number() over (order by milestones.watermark_at desc nulls last, milestones.milestone_id asc) as newest,
    from milestones
    left join pending using (milestone_id)

)

select milestone_id,
from ranked
order by case when oldest <= setting('max_rows') / 2 then 0 else newest end, milestone_id
limit setting('max_rows')
