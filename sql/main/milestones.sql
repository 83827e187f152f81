-- The newest state of every milestone.
-- grain: milestone_id
-- inputs: history.milestone_intervals, main.quotes, ops.snapshots
-- replaced by: landing_id
-- The row is the open interval, with the last delivery in this state.
with intervals as (

    select
        *,
        last_of(landing_ids) as last_landing_id,
    from history.milestone_intervals
    where valid_to_at is null

), snapshots as (

    select * from ops.snapshots

), quotes as (

    select * from main.quotes

), first_snapshots as (

    select
        milestone_id,
        min(received_at) as first_received_at,
    from ops.snapshots
    where kind = 'milestone'
    group by milestone_id

)

select
    intervals.milestone_id as milestone_id,
    snapshots.landing_id as landing_id,
    intervals.each_milestone_column as each_milestone_column,
    quotes.signed_quote_id as signed_quote_id,
    snapshots.watermark_at as watermark_at,
    first_snapshots.first_received_at as first_received_at,
    snapshots.received_at as received_at,
    intervals._rescued as _rescued,
from intervals
inner join snapshots on intervals.last_landing_id = snapshots.landing_id
left join quotes using (quote_id)
inner join first_snapshots on intervals.milestone_id = first_snapshots.milestone_id
