-- Every landed line of the batch with the loader's result.
-- grain: landing_id
-- inputs: staging.deliveries
with deliveries as (

    select * from staging.deliveries

)

select
    landing_id,
    milestone_id,
    task_id,
    batch_id,
    landing_file,
    line_number,
    copy_of_landing_id,
    source,
    outcome,
    reason,
    place,
    expected,
    kind,
    subject,
    repair,
    content_hash,
    body_sha256,
    body_bytes,
    watermark_at,
    received_at,
from deliveries
