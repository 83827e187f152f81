-- Deliveries that could not be read, each with the reason, the place and what was expected.
-- grain: landing_id
-- inputs: ops.deliveries
with deliveries as (

    select * from ops.deliveries

)

select
    landing_id,
    batch_id,
    landing_file,
    line_number,
    reason,
    place,
    expected,
    kind,
    body_sha256,
    body_bytes,
    received_at,
from deliveries
where outcome = 'quarantined'
