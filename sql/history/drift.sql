-- Drift of each delivery: unknown or inconsistent content.
-- grain: landing_id, path, drift, example
-- inputs: staging.drift
with drift as (

    select * from staging.drift

)

select
    landing_id,
    milestone_id,
    kind,
    path,
    drift,
    code_field,
    expected,
    example,
    occurrences,
    received_at,
from drift
