-- Facts about the requested milestones, one row each.
-- grain: milestone_id
-- inputs: main.milestones, main.quotes, main.users, marts.approval_cycles, marts.pending_ageing, ops.pseudonyms,
-- report.milestones
-- Parameters: milestone_ids.
with requested as (

    select unnest(setting('milestone_ids')) as milestone_id

), milestones as (

    select milestones.* from requested
    inner join main.milestones as milestones using (milestone_id)

), quotes as (

    select * from main.quotes

), users as (

    select * from main.users

), pseudonyms as (

    select * from ops.pseudonyms
    where kind = 'email'

), cycles as (

    select * from marts.approval_cycles

), pending as (

    select * from marts.pending_ageing

), filtered as (

    select * from report.milestones

)

select
    milestones.milestone_id as milestone_id,
    filtered.definition as definition,
    filtered.organization as organization,
    milestones.name as name,
    milestones.status as status,
    cycles.state as state,
    milestones.site_id as site_id,
    milestones.quote_id as quote_id,
    milestones.signed_quote_id as signed_quote_id,
    quotes.resolution as resolution,
    case
        when milestones.assigned_to_user_id is null then null
        when setting('pii') = 'full'
            then coalesce(nullif(trim(concat_ws(' ', users.first_name, users.last_name)), ''), users.email)
        else coalesce('Person ' || substr(pseudonyms.pseudonym, 7, 8), 'Somebody')
    end as assignee,
    cycles.submits as submits,
    cycles.rejections as rejections,
    cycles.cycle_seconds as cycle_seconds,
    cycles.open_seconds as open_seconds,
    pending.age_seconds as waiting_seconds,
    epoch_ms(cycles.submitted_at) as submitted_ms,
    epoch_ms(cycles.approved_at) as approved_ms,
    epoch_ms(milestones.watermark_at) as watermark_ms,
from milestones
inner join filtered using (milestone_id)
inner join cycles using (milestone_id)
left join pending using (milestone_id)
left join users on milestones.assigned_to_user_id = users.user_id
left join pseudonyms on users.email = pseudonyms.value
left join quotes on milestones.quote_id = quotes.quote_id
