-- Every response of Sighten's API on the signed quote.
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
