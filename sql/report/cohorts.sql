-- Counts and times of milestones, by day of the first submit, definition and organization.
-- grain: day, definition, organization
-- inputs: main.quotes, marts.approval_cycles, report.milestones
-- Percentiles do not add up, so each time is listed, in minutes; the page computes percentiles after filtering.
with milestones as (

    select * from report.milestones

), cycles as (

    select * from marts.approval_cycles

), timed as (

    select
        milestone_id,
        cast(round(cycle_seconds / 60) as bigint) as cycle_minutes,
        case when submitted_at is not null then cast(round(open_seconds / 60) as bigint) end as open_minutes,
    from cycles

), quotes as (

    select * from main.quotes

)

select
    date_diff('day', date '1970-01-01', milestones.start_date) as day,
    milestones.definition as definition,
    milestones.organization as organization,
    count(*) as milestones,
    count(cycles.submitted_at) as submitted,
    count(cycles.first_decision) as decided,
    count(case when cycles.first_decision = 'approved' then 1 end) as first_pass,
    count(cycles.approved_at) as approved,
    cast(sum(cycles.rejections) as bigint) as rejections,
    cast(sum(cycles.approvals) as bigint) as approvals,
    count(quotes.resolution) as asked,
    count(case when quotes.is_resigned then 1 end) as resigned,
    count(case when quotes.resolution = 'not_signed_yet' then 1 end) as unsigned,
    list(timed.cycle_minutes) filter (where timed.cycle_minutes is not null) as cycle_minutes,
    list(timed.open_minutes) filter (where timed.open_minutes is not null) as open_minutes,
from milestones
inner join cycles using (milestone_id)
inner join timed using (milestone_id)
left join quotes using (quote_id)
group by milestones.start_date, milestones.definition, milestones.organization
order by milestones.start_date, milestones.definition, milestones.organization
