-- Every delivery that is loaded has a snapshot, and every snapshot is a loaded delivery.
-- severity: fail
-- inputs: ops.decisions, ops.deliveries, ops.snapshots
-- Exceptions without a snapshot: decisions, API responses, copies of a landed line, and deliveries landed by a retry
-- that a later decision set aside.
with decisions as (

    select * from ops.decisions

), deliveries as (

    select * from ops.deliveries
    where
        outcome in ('applied', 'superseded', 'duplicate')
        and kind <> 'decision'
        and subject is null
        and copy_of_landing_id is null

), snapshots as (

    select * from ops.snapshots

), set_aside as (

    select distinct retried_as_landing_id as landing_id
    from decisions
    where not is_in_force

)

select
    landing_id,
    deliveries.outcome as outcome,
    snapshots.landing_id is not null as has_snapshot,
from deliveries
full join snapshots using (landing_id)
left join set_aside using (landing_id)
where
    deliveries.landing_id is null
    or (snapshots.landing_id is null and set_aside.landing_id is null)
