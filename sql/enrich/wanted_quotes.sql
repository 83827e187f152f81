-- Original quotes to enrich, with the time of the newest delivery about them.
-- grain: quote_id
-- inputs: history.snapshots, main.milestones, ops.snapshots, staging.enrich_statuses
-- A quote is wanted if one of its milestones has a listed status, or if no status is listed. Its webhook_at is the time
-- of the newest webhook; NULL for quotes known from a backfill only, which come last.
with snapshots as (

    select * from ops.snapshots

), roots as (

    select * from history.snapshots
    where quote_id is not null

), milestones as (

    select * from main.milestones

), statuses as (

    select * from staging.enrich_statuses

), named as (

    -- A task-shaped body can name a quote without a milestone; it is then its own subject.
    select distinct
        roots.quote_id as quote_id,
        coalesce(roots.milestone_id, roots.landing_id) as subject,
    from roots
    inner join snapshots using (landing_id)

), news as (

    select
        coalesce(milestone_id, landing_id) as subject,
        max(received_at) as delivered_at,
        max(case when is_rest then null else received_at end) as webhook_at,
    from snapshots
    where not is_duplicate
    group by coalesce(milestone_id, landing_id)

), wanted as (

    select distinct named.quote_id as quote_id
    from named
    left join milestones on named.subject = milestones.milestone_id
    where
        not exists (select 1 as found from statuses)
        or milestones.status in (select statuses.status as status from statuses)

)

select
    named.quote_id as quote_id,
    max(news.delivered_at) as delivered_at,
    max(news.webhook_at) as webhook_at,
from named
inner join wanted using (quote_id)
left join news using (subject)
group by named.quote_id
