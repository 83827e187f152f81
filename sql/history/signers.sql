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
    signer.position as position,
    signer."order" as "order",
    signer.signer_type as signer_type,
    signer.status as status,
    signer.email as email,
    signer.first_name as first_name,
    signer.last_name as last_name,
    signer.date_created as date_created,
    signer.date_updated as date_updated,
    signer.date_sent as date_sent,
    signer.date_signed as date_signed,
    signer.date_declined as date_declined,
    signer.date_voided as date_voided,
    received_at,
    signer.rescued as _rescued,
from signers
