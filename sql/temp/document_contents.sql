-- What each compared snapshot says of each document: rows are compared by fingerprints, so that texts are read once.
-- grain: document_id, snapshot_rank
-- inputs: history.documents, staging.compared_snapshots
with snapshots as (

    select * from staging.compared_snapshots

)

select
    states.document_id as document_id,
    states.sub_task_id as sub_task_id,
    snapshots.snapshot_rank as snapshot_rank,
    fingerprint(
        (
            states.sub_task_id,
            states.each_document_column,
            states._rescued
        )
    ) as content,
from history.documents as states
inner join snapshots using (landing_id)
