-- Time to approval by definition, organization and month of the first submit: median, 90th percentile and extremes.
-- grain: grouped_by, milestone_definition_id, organization_id, submitted_month
-- inputs: marts.approval_cycles
-- Percentiles interpolate between the two nearest times, as quantile_cont does, of Kaplan-Meier estimates: an open
-- milestone counts with its time so far, so a slow one lengthens them before it is approved. They are NULL while too
-- many are open to reach them. With nothing open, they are those of the approved milestones.
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
        -- of structs, DuckDB before 1.1 finds no maximum
        lpad(cast(epoch_us(cycles.submitted_at) as string), 20, '0') || cycles.milestone_id as age_order,
    from cycles
    cross join groupings

), approved_alone as (

    select
        grouped_by,
        milestone_definition_id,
        organization_id,
        submitted_month,
        percentile_cont(0.5) within group (order by case when not is_open then seconds end) as p50_seconds,
        percentile_cont(0.9) within group (order by case when not is_open then seconds end) as p90_seconds,
    from grouped
    group by grouped_by, milestone_definition_id, organization_id, submitted_month

), counted as (

    select
        grouped_by,
        milestone_definition_id,
        organization_id,
        submitted_month,
        seconds,
        max_by(name, age_order) as name,
        max(organization_name) as organization_name,
        max(age_order) as newest,
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
        sum(milestones) over (
            partition by grouped_by, milestone_definition_id, organization_id, submitted_month
        ) as total,
    from at_risk

), neighbours as (

    -- The place of a percentile among `total` ordered times is share * (total - 1), counted from 0.
    select
        grouped_by,
        milestone_definition_id,
        organization_id,
        submitted_month,
        max_by(name, newest) as name,
        max(organization_name) as organization_name,
        sum(milestones) as milestones,
        sum(approved) as approved,
        max(0.5 * (total - 1) - floor(0.5 * (total - 1))) as p50_fraction,
        max(0.9 * (total - 1) - floor(0.9 * (total - 1))) as p90_fraction,
        min(case when open_share < 1 - floor(0.5 * (total - 1)) / total - 1e-9 then seconds end) as p50_lower,
        min(case when open_share < 1 - (floor(0.5 * (total - 1)) + 1) / total - 1e-9 then seconds end) as p50_upper,
        min(case when open_share < 1 - floor(0.9 * (total - 1)) / total - 1e-9 then seconds end) as p90_lower,
        min(case when open_share < 1 - (floor(0.9 * (total - 1)) + 1) / total - 1e-9 then seconds end) as p90_upper,
        min(case when approved > 0 then seconds end) as shortest_seconds,
        max(case when approved > 0 then seconds end) as longest_seconds,
        max(case when approved < milestones then seconds end) as longest_open_seconds,
    from estimated
    group by grouped_by, milestone_definition_id, organization_id, submitted_month

)

select
    neighbours.grouped_by as grouped_by,
    neighbours.milestone_definition_id as milestone_definition_id,
    neighbours.organization_id as organization_id,
    neighbours.submitted_month as submitted_month,
    neighbours.name as name,
    neighbours.organization_name as organization_name,
    cast(neighbours.milestones as bigint) as milestones,
    cast(neighbours.approved as bigint) as approved,
    cast(neighbours.milestones - neighbours.approved as bigint) as open,
    case
        when neighbours.p50_fraction < 1e-9 then neighbours.p50_lower
        else neighbours.p50_lower + neighbours.p50_fraction * (neighbours.p50_upper - neighbours.p50_lower)
    end as p50_seconds,
    case
        when neighbours.p90_fraction < 1e-9 then neighbours.p90_lower
        else neighbours.p90_lower + neighbours.p90_fraction * (neighbours.p90_upper - neighbours.p90_lower)
    end as p90_seconds,
    approved_alone.p50_seconds as p50_seconds_of_approved,
    approved_alone.p90_seconds as p90_seconds_of_approved,
    neighbours.shortest_seconds as shortest_seconds,
    neighbours.longest_seconds as longest_seconds,
    neighbours.longest_open_seconds as longest_open_seconds,
from neighbours
inner join approved_alone
    on
        neighbours.grouped_by = approved_alone.grouped_by
        and neighbours.milestone_definition_id is not distinct from approved_alone.milestone_definition_id
        and neighbours.organization_id is not distinct from approved_alone.organization_id
        and neighbours.submitted_month is not distinct from approved_alone.submitted_month
