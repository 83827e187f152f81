-- Every batch has as many deliveries as its commit counted lines in its landing files.
-- severity: fail
-- inputs: ops.batches, ops.deliveries
with batches as (

    select * from ops.batches

), deliveries as (

    select * from ops.deliveries

), counted as (

    select
        batch_id,
        count(*) as deliveries,
    from deliveries
    group by batch_id

)

select
    batch_id,
    batches.landed as landed,
    counted.deliveries as deliveries,
from batches
full join counted using (batch_id)
where coalesce(batches.landed, 0) <> coalesce(counted.deliveries, 0)
