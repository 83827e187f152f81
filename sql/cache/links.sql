-- Every task, sub_task, document, comment, envelope and signer, with the keys of the snapshots that ever held it.
-- grain: entity, key
-- inputs: cache.deliveries, history.comments, history.documents, history.envelopes, history.signers, history.sub_tasks, history.tasks -- noqa: LT05
with held as (

    select distinct
        landing_id,
        fingerprint('task ' || task_id) as entity,
    from history.tasks

    union all

    select distinct
        landing_id,
        fingerprint('sub_task ' || sub_task_id) as entity,
    from history.sub_tasks

    union all

    select distinct
        landing_id,
        fingerprint('document ' || document_id) as entity,
    from history.documents

    union all

    select distinct
        landing_id,
        fingerprint('comment ' || comment_id) as entity,
    from history.comments

    union all

    select distinct
        landing_id,
        fingerprint('envelope ' || envelope_id) as entity,
    from history.envelopes

    union all

    select distinct
        landing_id,
        fingerprint('signer ' || signer_id) as entity,
    from history.signers

)

select distinct
    held.entity as entity,
    deliveries.key as key,
from held
inner join cache.deliveries as deliveries using (landing_id)
