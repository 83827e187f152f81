-- Every delivery is of a kind that is known, with tables or without.
-- severity: warn
-- inputs: ops.deliveries
with deliveries as (

    select * from ops.deliveries

)

select landing_id
from deliveries
where kind = 'unknown'
