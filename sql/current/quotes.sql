-- What Sighten's API last said about every original quote: which quote is signed now.
-- grain: quote_id
-- inputs: history.quotes
with quotes as (

    select * from history.quotes

), numbered as (

    select
        *,
        row_number() over (partition by quote_id order by resolved_at desc, landing_id desc) as recency,
    from quotes

)

select
    quote_id,
    signed_quote_id,
    milestone_id,
    landing_id,
    signed_quote_id <> quote_id as is_resigned,
    resolution,
    resolved_at,
    received_at,
    _rescued,
from numbered
where recency = 1
