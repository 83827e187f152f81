-- First-pass yield and rejection rate by definition, organization and month of the first submit.
-- grain: grouped_by, milestone_definition_id, organization_id, submitted_month
-- inputs: marts.approval_cycles
with cycles as (

    select
        *,
        cast(date_trunc('month', submitted_at) as date) as submitted_month,
    from marts.approval_cycles
    where submitted_at is not null

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
        cycles.first_decision as first_decision,
        cycles.rejections as rejections,
        cycles.approvals as approvals,
        cycles.submitted_at as submitted_at,
    from cycles
    cross join groupings

), counted as (

    select
        grouped_by,
        milestone_definition_id,
        organization_id,
        submitted_month,
        max_by(name, submitted_at) as name,
        max(organization_name) as organization_name,
        count(*) as milestones,
        count(first_decision) as decided,
        count(case when first_decision = 'approved' then 1 end) as first_pass,
        sum(rejections) as rejections,
        sum(rejections) + sum(approvals) as decisions,
    from grouped
    group by grouped_by, milestone_definition_id, organization_id, submitted_month

)

select
    grouped_by,
    milestone_definition_id,
    organization_id,
    submitted_month,
    name,
    organization_name,
    milestones,
    decided,
    first_pass,
    decisions,
    rejections,
    first_pass / nullif(decided, 0) as first_pass_yield,
    rejections / nullif(decisions, 0) as rejection_rate,
from counted
