-- Why new deliveries change more rows than those of the touched deliveries.
-- grain: reason
-- inputs: before.milestone_events, before.reconciled, before.snapshots, cache.sent_statuses, marts.milestone_events, ops.snapshots, staging.sent_statuses, touched.landing_ids -- noqa: LT05
with landing_ids as (

    select * from touched.landing_ids

), names as (

    select events.actor as actor
    from before.milestone_events as events
    inner join landing_ids using (landing_id)
    where events.actor is not null

    except

    select actor from marts.milestone_events

), statuses as (

    select status from staging.sent_statuses

    except

    select status from cache.sent_statuses

), first_webhooks as (

    select min(first_watermark_at) as at from staging.sent_statuses

    except

    select min(first_watermark_at) as at from cache.sent_statuses

)

select 'a snapshot was set aside' as reason
from before.snapshots as snapshots
inner join landing_ids using (landing_id)
left join ops.snapshots as still on snapshots.landing_id = still.landing_id
where still.landing_id is null

union

select 'a name is no longer in use' as reason
from names

union

select 'webhooks have a new status' as reason
from statuses
cross join before.reconciled

union

select 'webhooks began earlier' as reason
from first_webhooks
cross join before.reconciled
