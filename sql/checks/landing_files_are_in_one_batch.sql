-- Every landing file was loaded by exactly one batch.
-- severity: fail
-- inputs: ops.deliveries
with deliveries as (

    select * from ops.deliveries

)

select
    landing_file,
    count(distinct batch_id) as batches,
from deliveries
group by landing_file
having count(distinct batch_id) > 1
