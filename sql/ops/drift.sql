-- Drift found in payloads, by place; each unknown code has its own row.
-- grain: path, kind, drift, example
-- inputs: history.drift, staging.acknowledged_drift, staging.own_codes
-- replaced by: path
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

), places as (

    select
        kind,
        path,
        drift,
        code_field,
        code,
        min_by(expected, (landing_id, example)) as expected,
        min_by(example, (landing_id, example)) as example,
        count(distinct landing_id) as deliveries,
        sum(occurrences) as occurrences,
        min(received_at) as first_seen_at,
        max(received_at) as last_seen_at,
    from unknown
    group by kind, path, drift, code_field, code

)

select
    places.kind as kind,
    places.path as path,
    places.drift as drift,
    places.code_field as code_field,
    places.expected as expected,
    places.example as example,
    places.deliveries as deliveries,
    places.occurrences as occurrences,
    acknowledged.note as note,
    places.first_seen_at as first_seen_at,
    places.last_seen_at as last_seen_at,
    acknowledged.acknowledged_at as acknowledged_at,
from places
left join staging.acknowledged_drift as acknowledged
    on
        places.kind is not distinct from acknowledged.kind
        and places.path = acknowledged.path
        and places.drift = acknowledged.drift
        and places.code is not distinct from acknowledged.value
