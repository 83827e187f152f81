-- The newest quarantined deliveries without a decision.
-- grain: landing_id
-- inputs: ops.quarantine
with quarantine as (

    select * from ops.quarantine
    where decision is null

)

select
    landing_id,
    reason,
    place,
    expected,
    body_bytes,
    epoch_ms(received_at) as received_ms,
from quarantine
order by received_at desc, landing_id desc
limit 50
