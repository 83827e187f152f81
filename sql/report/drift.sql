-- Drift found in payloads, last seen first.
-- grain: path, drift, code_field, example
-- inputs: ops.drift
-- Examples can hold personal data, so only what reads as a code is shown unless SIGHTEN_PII is full.
with drift as (

    select * from ops.drift

)

select
    kind,
    path,
    drift,
    code_field,
    expected,
    case
        when setting('pii') = 'full' then example
        when drift = 'unknown_code' and matches(example, '^"[A-Z0-9_ -]{1,40}"$') then example
    end as example,
    acknowledged_at is not null as is_acknowledged,
    deliveries,
    epoch_ms(first_seen_at) as first_seen_ms,
    epoch_ms(last_seen_at) as last_seen_ms,
from drift
order by last_seen_at desc, path asc, drift asc, example asc
limit 50
