-- Drift found in payloads, last seen first.
-- grain: path, drift, code_field, example
-- inputs: ops.drift, ops.pseudonyms
-- Examples can hold personal data, so only a code that masked outputs show is shown unless SIGHTEN_PII is full.
with drift as (

    select * from ops.drift

), shown as (

    select * from ops.pseudonyms
    where kind = 'label' and value = pseudonym

)

select
    drift.kind as kind,
    drift.path as path,
    drift.drift as drift,
    drift.code_field as code_field,
    drift.expected as expected,
    case
        when setting('pii') = 'full' then drift.example
        when drift.drift = 'unknown_code' and shown.value is not null then drift.example
    end as example,
    drift.acknowledged_at is not null as is_acknowledged,
    drift.deliveries as deliveries,
    epoch_ms(drift.first_seen_at) as first_seen_ms,
    epoch_ms(drift.last_seen_at) as last_seen_ms,
from drift
left join shown on drift.example = concat('"', shown.value, '"')
order by drift.last_seen_at desc, drift.path asc, drift.drift asc, drift.example asc
limit 50
