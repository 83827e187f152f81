-- Every state of a milestone with its interval of validity; a new row starts only when something changed.
-- grain: milestone_id, valid_from_at
-- inputs: history.milestone_states, staging.alone_snapshots, staging.compared_snapshots
-- replaced by: landing_id
-- A state starts at its snapshot's watermark; without one, it has no start. If several share a watermark, the last
-- counts.
-- Rows are compared by 64-bit fingerprints, so texts are read only for rows that open an interval.
with milestones as (

    select * from history.milestone_states

), contents as (

    select
        states.milestone_id as milestone_id,
        states.landing_id as landing_id,
        fingerprint(
            (
                states.each_milestone_column,
                states._rescued
            )
        ) as content,
    from history.milestone_states as states
    inner join staging.compared_snapshots using (landing_id)

), snapshots as (

    select
        *,
        coalesce(watermark_at, minus_infinity()) as effective_at,
    from staging.compared_snapshots

), states as (

    select
        contents.milestone_id as milestone_id,
        contents.landing_id as landing_id,
        snapshots.snapshot_rank as snapshot_rank,
        snapshots.effective_at as valid_from_at,
        coalesce(
            lead(snapshots.effective_at) over (partition by contents.milestone_id order by snapshots.snapshot_rank),
            infinity()
        ) as valid_to_at,
        contents.content as content,
    from contents
    inner join snapshots using (landing_id)

), compared as (

    select
        *,
        coalesce(content = lag(content) over earlier_first, false) as is_same,
    from states
    where valid_from_at < valid_to_at
    window earlier_first as (partition by milestone_id order by snapshot_rank)

), numbered as (

    select
        *,
        count(case when not is_same then 1 end) over earlier_first as interval_number,
    from compared
    window earlier_first as (partition by milestone_id order by snapshot_rank)

), intervals as (

    select
        milestone_id,
        min_by(landing_id, snapshot_rank) as landing_id,
        all_in_order(landing_id, snapshot_rank) as landing_ids,
        all_in_order(nullif(valid_from_at, minus_infinity()), snapshot_rank) as watermarks,
        min(valid_from_at) as valid_from_at,
        max(valid_to_at) as valid_to_at,
    from numbered
    group by milestone_id, interval_number

)

select
    milestones.milestone_id as milestone_id,
    milestones.landing_id as landing_id,
    milestones.each_milestone_column as each_milestone_column,
    intervals.landing_ids as landing_ids,
    intervals.watermarks as watermarks,
    nullif(intervals.valid_from_at, minus_infinity()) as valid_from_at,
    nullif(intervals.valid_to_at, infinity()) as valid_to_at,
    milestones.received_at as received_at,
    milestones._rescued as _rescued,
from milestones
inner join intervals using (milestone_id, landing_id)

union all

-- What is alone has one state, without end.
select
    milestones.milestone_id as milestone_id,
    milestones.landing_id as landing_id,
    milestones.each_milestone_column as each_milestone_column,
    list_of(milestones.landing_id) as landing_ids,
    list_of(alone.watermark_at) as watermarks,
    alone.watermark_at as valid_from_at,
    cast(null as timestamp) as valid_to_at,
    milestones.received_at as received_at,
    milestones._rescued as _rescued,
from milestones
inner join staging.alone_snapshots as alone using (landing_id)
