-- Every landed delivery with its one outcome.
-- grain: landing_id
-- inputs: history.deliveries, history.drift, main.milestones, main.tasks, ops.decisions, ops.snapshots, staging.own_codes -- noqa: LT05
-- replaced by: landing_id
with deliveries as (

    select * from history.deliveries

), snapshots as (

    select * from ops.snapshots

), decisions as (

    select * from ops.decisions

), decided as (

    select
        quarantined_landing_id as landing_id,
        decision,
    from decisions
    where is_in_force

), last_answers as (

    select
        kind,
        subject,
        max_by(landing_id, (received_at, landing_id)) as landing_id,
    from deliveries
    where subject is not null and copy_of_landing_id is null
    group by kind, subject

), current_snapshots as (

    select landing_id from main.milestones

    union

    select landing_id from main.tasks

    union

    select landing_id from last_answers

), unknown_codes as (

    select distinct
        drift.landing_id as landing_id,
        true as is_unknown,
    from history.drift as drift
    left join staging.own_codes as own_codes
        on drift.code_field = own_codes.code_field and drift.example = own_codes.example
    where drift.drift = 'unknown_code' and own_codes.example is null

)

select
    deliveries.landing_id as landing_id,
    deliveries.milestone_id as milestone_id,
    deliveries.task_id as task_id,
    deliveries.batch_id as batch_id,
    deliveries.landing_file as landing_file,
    deliveries.line_number as line_number,
    deliveries.copy_of_landing_id as copy_of_landing_id,
    deliveries.source as source,
    case
        when deliveries.copy_of_landing_id is not null then 'duplicate'
        when decided.landing_id is not null then 'quarantined'
        when deliveries.outcome <> 'loaded' then deliveries.outcome
        when snapshots.is_duplicate then 'duplicate'
        when current_snapshots.landing_id is not null then 'applied'
        when decisions.is_in_force then 'applied'
        else 'superseded'
    end as outcome,
    coalesce(deliveries.reason, decided.decision) as reason,
    deliveries.place as place,
    deliveries.expected as expected,
    deliveries.kind as kind,
    deliveries.subject as subject,
    deliveries.repair as repair,
    coalesce(snapshots.original_landing_id, deliveries.copy_of_landing_id) as original_landing_id,
    coalesce(snapshots.is_late, false) as is_late,
    coalesce(unknown_codes.is_unknown, false) as has_unknown_codes,
    deliveries.body_sha256 as body_sha256,
    deliveries.body_bytes as body_bytes,
    deliveries.watermark_at as watermark_at,
    deliveries.received_at as received_at,
from deliveries
left join snapshots using (landing_id)
left join current_snapshots using (landing_id)
left join decisions using (landing_id)
left join decided using (landing_id)
left join unknown_codes using (landing_id)
