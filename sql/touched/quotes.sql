-- Every original or signed quote that a touched delivery names, and those that share a signed quote with them.
-- grain: quote_id
-- inputs: before.quotes, cache.dal_answers, cache.quotes, cache.snapshots, touched.landing_ids
with landing_ids as (

    select * from touched.landing_ids

), named as (

    select snapshots.quote_id as quote_id
    from cache.snapshots as snapshots
    inner join landing_ids using (landing_id)

    union

    select snapshots.new_quote_id as quote_id
    from cache.snapshots as snapshots
    inner join landing_ids using (landing_id)

    union

    select quotes.quote_id as quote_id
    from cache.quotes as quotes
    inner join landing_ids using (landing_id)

    union

    select quotes.signed_quote_id as quote_id
    from cache.quotes as quotes
    inner join landing_ids using (landing_id)

    union

    select dal_answers.quote_id as quote_id
    from cache.dal_answers as dal_answers
    inner join landing_ids using (landing_id)

), with_signed as (

    select quote_id from named

    union

    select quotes.signed_quote_id as quote_id
    from before.quotes as quotes
    inner join named using (quote_id)

)

select quote_id
from with_signed
where quote_id is not null

union

select quotes.quote_id as quote_id
from before.quotes as quotes
inner join with_signed on quotes.signed_quote_id = with_signed.quote_id
