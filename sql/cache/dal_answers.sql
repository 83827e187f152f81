-- The quote of every response of the DAL.
-- grain: landing_id, quote_id
-- inputs: history.dal_values
select distinct
    landing_id,
    quote_id,
from history.dal_values
