-- First-pass yield and rejection rate by definition, organization and month of the first submit.
-- grain: milestone_definition_id, organization_id, submitted_month
-- inputs: marts.approval_cycles
-- Each milestone counts in one row, so the numbers add up; a rate of several rows is a ratio of their sums.
with cycles as (

    select
        *,
        cast(date_trunc('month', submitted_at) as date) as submitted_month,
    from marts.approval_cycles
    where submitted_at is not null

), counted as (

    select
        milestone_definition_id,
        organization_id,
        submitted_month,
        max_by(name, lpad(cast(epoch_us(submitted_at) as string), 20, '0') || milestone_id) as name,
        max(organization_name) as organization_name,
        count(*) as milestones,
        count(first_decision) as decided,
        count(case when first_decision = 'approved' then 1 end) as first_pass,
        cast(sum(rejections) as bigint) as rejections,
        cast(sum(rejections) + sum(approvals) as bigint) as decisions,
    from cycles
    group by milestone_definition_id, organization_id, submitted_month

)

select
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
