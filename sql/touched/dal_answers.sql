-- The responses of the DAL on touched quotes.
-- grain: landing_id
-- inputs: cache.dal_answers, cache.deliveries, touched.quotes
select distinct
    answers.landing_id as landing_id,
    deliveries.batch_id as batch_id,
from cache.dal_answers as answers
inner join touched.quotes using (quote_id)
inner join cache.deliveries as deliveries on answers.landing_id = deliveries.landing_id
