-- The newest change order's new quote is the signed quote according to the API.
-- severity: warn
-- inputs: ops.change_orders
-- They differ while a change order is not signed yet.
with change_orders as (

    select * from ops.change_orders

)

select
    quote_id,
    new_quote_id,
    signed_quote_id,
from change_orders
where not agrees
