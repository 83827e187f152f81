-- Every delivery has one of the five outcomes.
-- severity: fail
-- inputs: ops.deliveries
with deliveries as (

    select * from ops.deliveries

)

select
    landing_id,
    outcome,
from deliveries
where
    outcome is null
    or outcome not in ('applied', 'superseded', 'duplicate', 'ignored', 'quarantined')
