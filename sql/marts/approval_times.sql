-- Time to approval by definition, organization and month of the first submit: median, 90th percentile and extremes.
-- grain: grouped_by, milestone_definition_id, organization_id, submitted_month
-- inputs: marts.approval_cycles
-- Percentiles are Kaplan-Meier estimates: an open milestone counts with its time so far, so a slow one lengthens them
-- before it is approved. They are NULL while too many are open to reach them.
with cycles as (

    select
        *,
        cast(date_trunc('month', submitted_at) as date) as submitted_month,
        greatest(coalesce(cycle_seconds, open_seconds), 0.0) as seconds,
    from marts.approval_cycles
    where submitted_at is not null and (is_open or cycle_seconds is not null)

), groupings as (

    select listed.grouped_by as grouped_by
    from (
        values
        ('all'),
        ('definition'),
        ('organization'),
        ('month'),
        ('definition, organization'),
        ('definition, month'),
        ('organization, month'),
        ('definition, organization, month')
    ) as listed (grouped_by)

), grouped as (

    select
        groupings.grouped_by as grouped_by,
        case when contains(groupings.grouped_by, 'definition') then cycles.milestone_definition_id end
            as milestone_definition_id,
        case when contains(groupings.grouped_by, 'definition') then cycles.name end as name,
        case when contains(groupings.grouped_by, 'organization') then cycles.organization_id end as organization_id,
        case when contains(groupings.grouped_by, 'organization') then cycles.organization_name end as organization_name,
        case when contains(groupings.grouped_by, 'month') then cycles.submitted_month end as submitted_month,
        cycles.is_open as is_open,
        cycles.seconds as seconds,
        cycles.submitted_at as submitted_at,
    from cycles
    cross join groupings

), approved_alone as (

    select
        grouped_by,
        milestone_definition_id,
        organization_id,
        submitted_month,
        percentile(case when not is_open then seconds end, 0.5) as p50_seconds,
        percentile(case when not is_open then seconds end, 0.9) as p90_seconds,
    from grouped
    group by grouped_by, milestone_definition_id, organization_id, submitted_month

), counted as (

    select
        grouped_by,
        milestone_definition_id,
        organization_id,
        submitted_month,
        seconds,
        max_by(name, submitted_at) as name,
        max(organization_name) as organization_name,
        max(submitted_at) as submitted_at,
        count(*) as milestones,
        count(case when not is_open then 1 end) as approved,
    from grouped
    group by grouped_by, milestone_definition_id, organization_id, submitted_month, seconds

), at_risk as (

    select
        *,
        sum(milestones) over (
            partition by grouped_by, milestone_definition_id, organization_id, submitted_month
            order by seconds desc
            rows between unbounded preceding and current row
        ) as still_open,
    from counted

), estimated as (

    select
        *,
        exp(sum(case when approved = still_open then -1000.0 else ln(1.0 - approved / still_open) end) over (
            partition by grouped_by, milestone_definition_id, organization_id, submitted_month
            order by seconds
            rows between unbounded preceding and current row
        )) as open_share,
    from at_risk

)

select
    estimated.grouped_by as grouped_by,
    estimated.milestone_definition_id as milestone_definition_id,
    estimated.organization_id as organization_id,
    estimated.submitted_month as submitted_month,
    max_by(estimated.name, estimated.submitted_at) as name,
    max(estimated.organization_name) as organization_name,
    sum(estimated.milestones) as milestones,
    sum(estimated.approved) as approved,
    sum(estimated.milestones) - sum(estimated.approved) as open,
    min(case when estimated.open_share <= 0.500000001 then estimated.seconds end) as p50_seconds,
    min(case when estimated.open_share <= 0.100000001 then estimated.seconds end) as p90_seconds,
    max(approved_alone.p50_seconds) as p50_seconds_of_approved,
    max(approved_alone.p90_seconds) as p90_seconds_of_approved,
    min(case when estimated.approved > 0 then estimated.seconds end) as shortest_seconds,
    max(case when estimated.approved > 0 then estimated.seconds end) as longest_seconds,
    max(case when estimated.approved < estimated.milestones then estimated.seconds end) as longest_open_seconds,
from estimated
inner join approved_alone
    on
        estimated.grouped_by = approved_alone.grouped_by
        and estimated.milestone_definition_id is not distinct from approved_alone.milestone_definition_id
        and estimated.organization_id is not distinct from approved_alone.organization_id
        and estimated.submitted_month is not distinct from approved_alone.submitted_month
group by
    estimated.grouped_by, estimated.milestone_definition_id, estimated.organization_id, estimated.submitted_month
