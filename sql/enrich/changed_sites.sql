-- The sites that changed and have not been compared since, with the time from which on their changes are compared.
-- grain: site_id
-- inputs: history.deliveries, history.site_listings
-- Compared is from the day that is asked for on, or from that of the last reconcile if it was before: none is left out.
-- A site that changed within the hour is left for the next time: its webhook may be under way.
with listings as (

    select * from history.site_listings

), answers as (

    select * from history.deliveries
    where kind = 'rest_milestones'

), compared as (

    select
        subject as site_id,
        max(received_at) as compared_at,
    from answers
    group by subject

), begun as (

    select
        least(
            setting('compared_from'),
            coalesce(cast(cast(max(received_at) as date) as timestamp), setting('compared_from'))
        ) as compared_from_at,
    from answers

), sites as (

    select
        site_id,
        max_by(site_updated_at, received_at) as site_updated_at,
    from listings
    where site_updated_at is not null
    group by site_id

)

select
    sites.site_id as site_id,
    sites.site_updated_at as site_updated_at,
    begun.compared_from_at as compared_from_at,
from sites
cross join begun
left join compared using (site_id)
where
    sites.site_updated_at >= begun.compared_from_at
    and sites.site_updated_at <= setting('asked_at') - interval '1' hour
    and (compared.compared_at is null or compared.compared_at < sites.site_updated_at + interval '1' hour)
