-- Every landed line was loaded by exactly one batch.
-- severity: fail
-- inputs: ops.deliveries
with deliveries as (

    select * from ops.deliveries

)

select
    landing_file,
    line_number,
    count(*) as batches,
from deliveries
group by landing_file, line_number
having count(*) > 1
