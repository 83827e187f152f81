-- One page of the milestones that match the filters, each row with the total number of matches.
-- grain: milestone_id
-- inputs: main.milestones, marts.approval_cycles, marts.pending_ageing, report.milestones
-- Parameters: definition_id, organization_id, first_day, last_day, state, text and milestone_ids (NULL for any); sort,
-- max_rows and skipped.
with milestones as (

    select * from main.milestones

), cycles as (

    select * from marts.approval_cycles

), pending as (

    select * from marts.pending_ageing

), filtered as (

    select * from report.milestones

), listed as (

    select
        cycles.milestone_id as milestone_id,
        filtered.definition_id as definition_id,
        filtered.organization_id as organization_id,
        filtered.definition as definition,
        filtered.organization as organization,
        filtered.start_date as start_date,
        cycles.state as state,
        cycles.name as name,
        milestones.site_id as site_id,
        cycles.submits as submits,
        cycles.rejections as rejections,
        pending.age_seconds as waiting_seconds,
        cycles.cycle_seconds as cycle_seconds,
        cycles.open_seconds as open_seconds,
        cycles.submitted_at as submitted_at,
        milestones.watermark_at as watermark_at,
    from cycles
    inner join filtered using (milestone_id)
    inner join milestones using (milestone_id)
    left join pending using (milestone_id)

)

select
    milestone_id,
    definition,
    organization,
    date_diff('day', date '1970-01-01', start_date) as day,
    state,
    name,
    site_id,
    submits,
    rejections,
    count(*) over () as found,
    waiting_seconds,
    cycle_seconds,
    open_seconds,
    epoch_ms(submitted_at) as submitted_ms,
    epoch_ms(watermark_at) as watermark_ms,
from listed
where
    (setting('definition_id') is null or definition_id = setting('definition_id'))
    and (setting('organization_id') is null or organization_id = setting('organization_id'))
    and (setting('milestone_ids') is null or list_contains(cast(setting('milestone_ids') as string[]), milestone_id))
    and (setting('first_day') is null or start_date >= date '1970-01-01' + cast(setting('first_day') as integer))
    and (setting('last_day') is null or start_date <= date '1970-01-01' + cast(setting('last_day') as integer))
    and (setting('state') is null or state = setting('state'))
    and (
        setting('text') is null
        or contains(lower(name), lower(cast(setting('text') as string)))
        or starts_with(milestone_id, lower(cast(setting('text') as string)))
        or starts_with(site_id, lower(cast(setting('text') as string)))
    )
order by
    case setting('sort')
        when 'waiting' then waiting_seconds
        when 'slowest' then coalesce(cycle_seconds, open_seconds)
        when 'rejections' then rejections
    end desc nulls last,
    watermark_at desc nulls last,
    milestone_id asc
limit setting('max_rows') offset setting('skipped')
