-- Every place in payloads where something was met that is not known or does not add up.
-- grain: kind, path, drift
-- inputs: history.drift
with drift as (

    select * from history.drift

)

select
    kind,
    path,
    drift,
    min_by(expected, landing_id) as expected,
    min_by(example, landing_id) as example,
    count(distinct landing_id) as deliveries,
    sum(occurrences) as occurrences,
    min(received_at) as first_seen_at,
    max(received_at) as last_seen_at,
from drift
group by kind, path, drift
