-- Drift found in payloads, last seen first.
-- grain: path, drift, code_field, example
-- inputs: ops.drift
-- Examples can hold personal data, so they are shown only if SIGHTEN_PII is full.
with drift as (

    select * from ops.drift

)

select
    kind,
    path,
    drift,
    code_field,
    expected,
    case when setting('pii') = 'full' then example end as example,
    deliveries,
    epoch_ms(first_seen_at) as first_seen_ms,
    epoch_ms(last_seen_at) as last_seen_ms,
from drift
order by last_seen_at desc, path asc, drift asc, example asc
limit 50
