-- Every change of a milestone reported by Sighten's API, and whether its webhook arrived.
-- grain: milestone_id, changed_at
-- inputs: history.deliveries, history.milestone_listings, history.milestones, history.site_pulls, staging.sent_statuses
-- replaced by: milestone_id
-- A webhook matches if its watermark is not before the change and its date_updated is not after the API query, within a
-- minute: clocks differ, and Sighten may date a milestone slightly after sending it.
with listings as (

    select * from history.milestone_listings

), deliveries as (

    select * from history.deliveries
    where source = 'webhook'

), milestones as (

    select * from history.milestones

), pulls as (

    select * from history.site_pulls

), webhooks as (

    select
        milestones.landing_id as landing_id,
        milestones.milestone_id as milestone_id,
        milestones.status as status,
        milestones.watermark_at as watermark_at,
        coalesce(milestones.date_updated, milestones.watermark_at) as updated_at,
        milestones.received_at as received_at,
    from milestones
    inner join deliveries using (landing_id, milestone_id)

), sent as (

    select distinct
        status,
        true as is_sent,
    from staging.sent_statuses

), switched_on as (

    select min(first_watermark_at) as at from staging.sent_statuses

), known as (

    -- The newest webhook of the milestone from before the API query.
    select
        listings.landing_id as landing_id,
        listings.milestone_id as milestone_id,
        max_by(webhooks.status, (webhooks.watermark_at, webhooks.received_at, webhooks.landing_id)) as status,
        max(webhooks.watermark_at) as watermark_at,
    from listings
    inner join webhooks on listings.milestone_id = webhooks.milestone_id
    where webhooks.updated_at <= listings.asked_at + interval '1' minute
    group by listings.landing_id, listings.milestone_id

), dated as (

    -- If the API returns no date: the milestone changed with its site if its status differs from the last webhook.
    select
        listings.*,
        known.status as known_status,
        coalesce(
            listings.date_updated,
            case
                when known.watermark_at is not null and coalesce(listings.status, known.status) = known.status
                    then known.watermark_at
                else listings.site_updated_at
            end
        ) as changed_at,
    from listings
    left join known using (landing_id, milestone_id)

), changes as (

    -- Changes of the last hour wait for the next reconcile: their webhooks may still be under way.
    select
        milestone_id,
        changed_at,
        max_by(site_id, (asked_at, landing_id)) as site_id,
        max_by(status, (asked_at, landing_id)) as status,
        max_by(known_status, (asked_at, landing_id)) as known_status,
        max(asked_at) as asked_at,
    from dated
    where changed_at >= compared_from_at and changed_at <= asked_at - interval '1' hour
    group by milestone_id, changed_at

), deliveries_of_changes as (

    select
        changes.milestone_id as milestone_id,
        changes.changed_at as changed_at,
        min_by(webhooks.landing_id, (webhooks.received_at, webhooks.landing_id)) as delivered_landing_id,
        min(webhooks.received_at) as delivered_at,
    from changes
    inner join webhooks on changes.milestone_id = webhooks.milestone_id
    where
        webhooks.watermark_at >= changes.changed_at - interval '1' minute
        and webhooks.updated_at <= changes.asked_at + interval '1' minute
    group by changes.milestone_id, changes.changed_at

), pulls_of_changes as (

    select
        changes.milestone_id as milestone_id,
        changes.changed_at as changed_at,
        min(pulls.received_at) as pulled_at,
    from changes
    inner join pulls on changes.milestone_id = pulls.milestone_id
    where pulls.site_updated_at >= changes.changed_at or pulls.asked_at >= changes.changed_at
    group by changes.milestone_id, changes.changed_at

)

select
    changes.milestone_id as milestone_id,
    changes.site_id as site_id,
    deliveries_of_changes.delivered_landing_id as delivered_landing_id,
    changes.status as status,
    case
        when deliveries_of_changes.delivered_at is not null then 'delivered'
        when switched_on.at is not null and changes.changed_at < switched_on.at then 'not_sent'
        when switched_on.at is not null and changes.status is not null and sent.is_sent is null then 'not_sent'
        else 'missing'
    end as outcome,
    deliveries_of_changes.delivered_at is null
    and coalesce(changes.status = changes.known_status, false) as is_same_status,
    changes.changed_at as changed_at,
    changes.asked_at as asked_at,
    deliveries_of_changes.delivered_at as delivered_at,
    pulls_of_changes.pulled_at as pulled_at,
from changes
left join deliveries_of_changes using (milestone_id, changed_at)
left join pulls_of_changes using (milestone_id, changed_at)
left join sent on changes.status = sent.status
cross join switched_on
