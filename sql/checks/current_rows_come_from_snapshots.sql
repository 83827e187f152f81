-- Every current row comes from a snapshot that counts.
-- severity: fail
-- inputs: main.documents, main.envelopes, main.milestones, main.signers, main.sub_tasks, main.tasks, ops.snapshots
with snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), current_rows as (

    select landing_id from main.documents

    union

    select landing_id from main.envelopes

    union

    select landing_id from main.milestones

    union

    select landing_id from main.signers

    union

    select landing_id from main.sub_tasks

    union

    select landing_id from main.tasks

)

select current_rows.landing_id as landing_id
from current_rows
left join snapshots using (landing_id)
where snapshots.landing_id is null
