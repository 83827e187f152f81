-- What was met in payloads that is not known or does not add up, the last met first.
-- grain: path, drift, code_field, example
-- inputs: ops.drift
-- An example may be anything that a body holds, so it is shown only where personal data may be.
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
