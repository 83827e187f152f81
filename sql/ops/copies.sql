-- Every landed line with the landing_id of an earlier line in another batch, as happens when landing files are copied.
-- grain: copy_landing_id
-- inputs: staging.every_delivery
-- replaced by: no row
-- The names of the landing files decide which line is the first, so the result does not depend on the order of loading.
-- Copies within one batch are handled when it is flattened, and have rows in no other table.
with deliveries as (

    select * from staging.every_delivery

), repeated as (

    select
        landing_id,
        min_by(batch_id, (landing_file, line_number)) as first_batch_id,
    from deliveries
    group by landing_id
    having count(*) > 1

)

select
    deliveries.landing_id as landing_id,
    id_of_place(deliveries.landing_file, deliveries.line_number) as copy_landing_id,
    deliveries.batch_id as batch_id,
    deliveries.landing_file as landing_file,
    deliveries.line_number as line_number,
from deliveries
inner join repeated using (landing_id)
where deliveries.batch_id <> repeated.first_batch_id
