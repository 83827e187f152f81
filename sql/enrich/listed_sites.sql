-- Every site listed by the API, its last update, and whether all its milestones were landed since.
-- grain: site_id
-- inputs: history.deliveries, history.site_listings, history.site_pulls
-- Both times are the API's, so differences between clocks do not matter. A site listed without a time counts as landed
-- once it was pulled.
with listings as (

    select * from history.site_listings

), pulls as (

    select * from history.site_pulls
    where milestone_id is null

), deliveries as (

    select * from history.deliveries
    where kind = 'rest_site'

), listed as (

    select
        site_id,
        max_by(site_updated_at, (received_at, landing_id)) as site_updated_at,
        max(received_at) as listed_at,
    from listings
    group by site_id

), pulled as (

    select
        pulls.site_id as site_id,
        max_by(
            pulls.milestones,
            (coalesce(pulls.site_updated_at, timestamp '0001-01-01'), pulls.received_at, pulls.landing_id)
        ) as milestones,
        max(pulls.site_updated_at) as site_updated_at,
        max(case when deliveries.batch_id <> '' then pulls.site_updated_at end) as loaded_up_to,
        bool_or(deliveries.batch_id <> '') as is_any_loaded,
    from pulls
    inner join deliveries using (landing_id)
    group by pulls.site_id

)

select
    listed.site_id as site_id,
    case
        when listed.site_updated_at is null then pulled.site_id is not null
        else coalesce(pulled.site_updated_at >= listed.site_updated_at, false)
    end as is_landed,
    case
        when listed.site_updated_at is null then coalesce(pulled.is_any_loaded, false)
        else coalesce(pulled.loaded_up_to >= listed.site_updated_at, false)
    end as is_loaded,
    case
        when listed.site_updated_at is null or pulled.site_updated_at >= listed.site_updated_at then pulled.milestones
    end as milestones,
    listed.site_updated_at as site_updated_at,
    listed.listed_at as listed_at,
from listed
left join pulled on listed.site_id = pulled.site_id
