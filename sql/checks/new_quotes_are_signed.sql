-- The newest new quote of a change order is the one that the API says is signed.
-- severity: warn
-- inputs: ops.change_orders
-- They differ while a change order waits for its signature.
with change_orders as (

    select * from ops.change_orders

)

select
    quote_id,
    new_quote_id,
    signed_quote_id,
from change_orders
where not agrees
