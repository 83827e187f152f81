-- Sites that changed and were not compared since, with the start of the period to compare.
-- grain: site_id
-- inputs: enrich.listed_sites, history.deliveries
-- The period starts on the requested day, or on the day of the last reconcile if that was earlier, so there are no
-- gaps. Sites that changed within the last hour wait for the next reconcile: their webhooks may still be under way.
with sites as (

    select * from enrich.listed_sites

), responses as (

    select * from history.deliveries
    where kind = 'rest_milestones'

), compared as (

    select
        subject as site_id,
        max(received_at) as compared_at,
    from responses
    group by subject

), begun as (

    select
        least(
            setting('compared_from'),
            coalesce(cast(cast(max(received_at) as date) as timestamp), setting('compared_from'))
        ) as compared_from_at,
    from responses

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
