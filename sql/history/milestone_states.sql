-- Every milestone after each of its snapshots; fields that REST did not return keep their last value.
-- grain: landing_id, milestone_id
-- inputs: history.milestones, ops.snapshots
-- A webhook replaces every column except those that only REST has. A REST response replaces the columns that it has a
-- value for. Milestones without REST snapshots are as delivered, including duplicates.
-- History is read by name each time, not by CTE: DuckDB holds a CTE that is read twice in memory.
with milestones as (

    select * from history.milestones

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate and kind = 'milestone'

), pulled as (

    select distinct
        milestone_id,
        true as is_pulled,
    from snapshots
    where is_rest

), ranked as (

    select
        milestones.*,
        snapshots.last_received_at as last_received_at,
        snapshots.last_landing_id as last_landing_id,
        count(case when not snapshots.is_rest then 1 end) over (
            partition by milestones.milestone_id
            order by snapshots.watermark_at nulls first, snapshots.last_received_at, snapshots.last_landing_id
            rows between unbounded preceding and current row
        ) as webhooks,
    from history.milestones as milestones
    inner join snapshots using (landing_id)
    inner join pulled on milestones.milestone_id = pulled.milestone_id

), filled as (

    select
        milestone_id,
        landing_id,
        last_value(each_replaced_milestone_column ignore nulls) over so_far as each_replaced_milestone_column,
        last_value(each_carried_milestone_column ignore nulls) over ever as each_carried_milestone_column,
        watermark_at,
        received_at,
        last_value(_rescued ignore nulls) over so_far as _rescued,
    from ranked
    window
        ever as (
            partition by milestone_id
            order by watermark_at nulls first, last_received_at, last_landing_id
            rows between unbounded preceding and current row
        ),
        so_far as (
            partition by milestone_id, webhooks
            order by watermark_at nulls first, last_received_at, last_landing_id
            rows between unbounded preceding and current row
        )

)

select
    milestones.milestone_id as milestone_id,
    milestones.landing_id as landing_id,
    milestones.each_milestone_column as each_milestone_column,
    milestones.watermark_at as watermark_at,
    milestones.received_at as received_at,
    milestones._rescued as _rescued,
from milestones
left join pulled using (milestone_id)
where pulled.is_pulled is null

union all

select
    milestone_id,
    landing_id,
    each_milestone_column,
    watermark_at,
    received_at,
    _rescued,
from filled
