-- Drift found in payloads, by place; each unknown code has its own row.
-- grain: kind, path, drift, example
-- inputs: history.drift, staging.own_codes
-- Codes listed in the home's codes.yml are known, even in earlier deliveries.
with drift as (

    select * from history.drift

), own_codes as (

    select * from staging.own_codes

), unknown as (

    select
        drift.*,
        case when drift.drift = 'unknown_code' then drift.example end as code,
    from drift
    left join own_codes on drift.code_field = own_codes.code_field and drift.example = own_codes.example
    where own_codes.example is null

)

select
    kind,
    path,
    drift,
    code_field,
    min_by(expected, landing_id) as expected,
    min_by(example, landing_id) as example,
    count(distinct landing_id) as deliveries,
    sum(occurrences) as occurrences,
    min(received_at) as first_seen_at,
    max(received_at) as last_seen_at,
from unknown
group by kind, path, drift, code_field, code
