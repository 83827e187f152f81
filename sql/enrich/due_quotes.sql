-- The original quotes to ask about: never asked, something new was delivered since, or asked too long ago.
-- grain: quote_id
-- inputs: enrich.wanted_quotes, history.deliveries
-- Whatever was answered counts as asked, a refusal too.
with wanted_quotes as (

    select * from enrich.wanted_quotes

), answers as (

    select * from history.deliveries
    where kind = 'signed_quote'

), asked as (

    select
        subject as quote_id,
        max(received_at) as asked_at,
    from answers
    group by subject

)

select
    wanted_quotes.quote_id as quote_id,
    wanted_quotes.delivered_at as delivered_at,
    wanted_quotes.webhook_at as webhook_at,
    asked.asked_at as asked_at,
from wanted_quotes
left join asked using (quote_id)
where
    asked.asked_at is null
    or asked.asked_at < wanted_quotes.delivered_at
    or asked.asked_at < setting('asked_too_long_ago')
