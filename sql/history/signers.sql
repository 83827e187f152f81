-- The signers of every snapshot, as delivered.
-- grain: landing_id, signer_id
-- inputs: staging.sub_tasks
with sub_tasks as (

    select * from staging.sub_tasks

), signers as (

    select
        landing_id,
        milestone_id,
        task_id,
        sub_task.sub_task_id as sub_task_id,
        explode(sub_task.signers) as signer,
        received_at,
    from sub_tasks

)

select
    signer.signer_id as signer_id,
    landing_id,
    sub_task_id,
    task_id,
    milestone_id,
    signer."each_signer_column" as "each_signer_column",
    received_at,
    signer.rescued as _rescued,
from signers
