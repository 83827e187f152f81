-- What is recomputed, before its links are followed.
-- grain: key
-- inputs: before.milestones, cache.decisions, cache.deliveries, cache.downloads, cache.links, cache.milestone_listings, cache.quotes, cache.site_pulls, cache.snapshots, touched.changed_people, touched.first_keys, touched.first_landing_ids -- noqa: LT05
with answers as (

    select * from touched.first_landing_ids

), decided as (

    -- A decision changes the delivery that it is about, what an earlier one landed, and the earlier one itself.
    select decisions.* from cache.decisions as decisions
    where
        decisions.quarantined_landing_id in (
            select latest.quarantined_landing_id from cache.decisions as latest
            inner join answers using (landing_id)
        )

), decided_landing_ids as (

    select landing_id from decided

    union

    select quarantined_landing_id as landing_id from decided

    union

    select retried_as_landing_id as landing_id from decided

), compared_milestones as (

    select milestone_listings.milestone_id as milestone_id
    from cache.milestone_listings as milestone_listings
    inner join answers using (landing_id)

    union

    select site_pulls.milestone_id as milestone_id
    from cache.site_pulls as site_pulls
    inner join answers using (landing_id)

    union

    select milestones.milestone_id as milestone_id
    from before.milestones as milestones
    inner join touched.changed_people as people on milestones.assigned_to_user_id = people.user_id

    union

    select snapshots.milestone_id as milestone_id
    from cache.snapshots as snapshots
    inner join cache.quotes as quotes using (quote_id)
    inner join answers on quotes.landing_id = answers.landing_id

), downloaded as (

    select distinct fingerprint('document ' || downloads.document_id) as entity
    from cache.downloads as downloads
    inner join answers using (landing_id)

)

select key from touched.first_keys

union

select deliveries.key as key
from cache.deliveries as deliveries
inner join decided_landing_ids using (landing_id)

union

select fingerprint('milestone ' || milestone_id) as key
from compared_milestones
where milestone_id is not null

union

select links.key as key
from cache.links as links
inner join downloaded using (entity)
