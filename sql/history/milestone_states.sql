-- Every milestone as it was after each of its snapshots, each column as the last one had it that tells it.
-- grain: landing_id, milestone_id
-- inputs: history.milestones, ops.snapshots
-- A webhook tells everything but what only REST has. REST tells what is not NULL; the rest stays as it was. Milestones
-- that REST never told of are as they were delivered, duplicates included.
-- History is named wherever it is read: a CTE that is read twice is held in memory, all of it.
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
        snapshots.snapshot_rank as snapshot_rank,
        count(case when not snapshots.is_rest then 1 end) over (
            partition by milestones.milestone_id
            order by snapshots.snapshot_rank
            rows between unbounded preceding and current row
        ) as webhooks,
    from history.milestones as milestones
    inner join snapshots using (landing_id)
    inner join pulled on milestones.milestone_id = pulled.milestone_id

), kept as (

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
            order by snapshot_rank
            rows between unbounded preceding and current row
        ),
        so_far as (
            partition by milestone_id, webhooks
            order by snapshot_rank
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
from kept
