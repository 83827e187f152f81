-- Quotes signed now, for which the DAL is queried, with the time of the newest delivery about them.
-- grain: quote_id
-- inputs: enrich.due_quotes, enrich.wanted_quotes, history.deliveries, main.quotes
-- Quotes due for another look-up are left out, and so are those whose last look-up was refused.
with due_quotes as (

    select * from enrich.due_quotes

), wanted_quotes as (

    select * from enrich.wanted_quotes

), responses as (

    select * from history.deliveries
    where kind = 'signed_quote'

), quotes as (

    select * from main.quotes
    where resolution = 'signed'

), last_responses as (

    select
        subject as quote_id,
        max_by(landing_id, (received_at, landing_id)) as landing_id,
    from responses
    group by subject

)

select
    quotes.signed_quote_id as quote_id,
    max(wanted_quotes.delivered_at) as delivered_at,
    max(wanted_quotes.webhook_at) as webhook_at,
from quotes
inner join last_responses using (quote_id, landing_id)
inner join wanted_quotes using (quote_id)
left join due_quotes using (quote_id)
where due_quotes.quote_id is null
group by quotes.signed_quote_id
