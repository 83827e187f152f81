-- Every answer of the API on which quote is signed, as it was given.
-- grain: landing_id
-- inputs: staging.quotes
with quotes as (

    select * from staging.quotes

)

select
    quote_id,
    landing_id,
    milestone_id,
    signed_quote_id,
    resolution,
    received_at as resolved_at,
    received_at,
    rescued as _rescued,
from quotes
