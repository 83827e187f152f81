-- Every delivery is of a known kind, with or without tables.
-- severity: warn
-- inputs: ops.deliveries
with deliveries as (

    select * from ops.deliveries

)

select landing_id
from deliveries
where kind = 'unknown'
