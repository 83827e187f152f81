-- The counting snapshots that share nothing with another one: each is the only state of all that it holds.
-- grain: landing_id
-- inputs: history.documents, history.sub_tasks, history.tasks, staging.ranked_snapshots
-- Their intervals need no comparison. Fingerprints stand for ids; if two are equal by chance, more is compared.
with snapshots as (

    select * from staging.ranked_snapshots

), counted as (

    select
        landing_id,
        watermark_at,
        count(*) over (partition by milestone_id) as snapshots_of_milestone,
    from snapshots
    where milestone_id is not null

), candidates as (

    select * from counted
    where snapshots_of_milestone = 1

), held as (

    select
        landing_id,
        fingerprint('task ' || task_id) as entity,
    from history.tasks

    union all

    select
        landing_id,
        fingerprint('sub_task ' || sub_task_id) as entity,
    from history.sub_tasks

    union all

    select
        landing_id,
        fingerprint('document ' || document_id) as entity,
    from history.documents

), held_by_candidates as (

    select
        held.landing_id as landing_id,
        held.entity as entity,
    from held
    inner join candidates using (landing_id)

), entities as (

    select distinct entity from held_by_candidates

), repeated as (

    select held.entity as entity
    from held
    inner join entities using (entity)
    inner join snapshots using (landing_id)
    group by held.entity
    having count(*) > 1

), sharing as (

    select distinct held_by_candidates.landing_id as landing_id
    from held_by_candidates
    inner join repeated using (entity)

)

select
    candidates.landing_id as landing_id,
    candidates.watermark_at as watermark_at,
from candidates
left join sharing using (landing_id)
where sharing.landing_id is null
