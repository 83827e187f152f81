-- The key figures of the page and what somebody should look at, of all milestones.
-- grain: milestones
-- inputs: marts.approval_cycles, marts.pending_ageing, ops.approval_times, ops.checks, ops.drift, ops.quarantine
with cycles as (

    select
        count(*) as milestones,
        count(submitted_at) as submitted,
        count(first_decision) as decided,
        count(case when first_decision = 'approved' then 1 end) as first_pass,
        count(approved_at) as approved,
    from marts.approval_cycles

), times as (

    select
        max(open) as open,
        max(p50_seconds) as p50_seconds,
        max(p90_seconds) as p90_seconds,
        max(p50_seconds_of_approved) as p50_seconds_of_approved,
        max(p90_seconds_of_approved) as p90_seconds_of_approved,
    from ops.approval_times
    where grouped_by = 'all'

), pending as (

    select
        count(*) as pending,
        max(age_seconds) as oldest_seconds,
    from marts.pending_ageing

), checks as (

    select count(*) as warnings
    from ops.checks
    where findings > 0

), drift as (

    select count(*) as drift
    from ops.drift
    where acknowledged_at is null

), quarantine as (

    select count(*) as quarantined
    from ops.quarantine
    where decision is null

)

select
    cycles.milestones as milestones,
    cycles.submitted as submitted,
    cycles.decided as decided,
    cycles.first_pass as first_pass,
    cycles.approved as approved,
    coalesce(times.open, 0) as open,
    times.p50_seconds as p50_seconds,
    times.p90_seconds as p90_seconds,
    times.p50_seconds_of_approved as p50_seconds_of_approved,
    times.p90_seconds_of_approved as p90_seconds_of_approved,
    pending.pending as pending,
    pending.oldest_seconds as oldest_seconds,
    quarantine.quarantined as quarantined,
    drift.drift as drift,
    checks.warnings as warnings,
from cycles
cross join times
cross join pending
cross join quarantine
cross join drift
cross join checks
