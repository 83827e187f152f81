-- Original quotes to look up: never looked up, with a newer delivery, or looked up too long ago.
-- grain: quote_id
-- inputs: enrich.wanted_quotes, history.deliveries
-- Any response counts as a look-up, including a refusal.
with wanted_quotes as (

    select * from enrich.wanted_quotes

), responses as (

    select * from history.deliveries
    where kind = 'signed_quote'

), looked_up as (

    select
        subject as quote_id,
        max(received_at) as asked_at,
    from responses
    group by subject

)

select
    wanted_quotes.quote_id as quote_id,
    wanted_quotes.delivered_at as delivered_at,
    wanted_quotes.webhook_at as webhook_at,
    looked_up.asked_at as asked_at,
from wanted_quotes
left join looked_up using (quote_id)
where
    looked_up.asked_at is null
    or looked_up.asked_at < wanted_quotes.delivered_at
    or looked_up.asked_at < setting('asked_too_long_ago')
