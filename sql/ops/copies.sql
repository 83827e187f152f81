-- Every landed line whose landing_id stands at an earlier place of landing too, as when landing files were copied.
-- grain: copy_landing_id
-- inputs: staging.every_delivery
-- Which place is the first is told by the names of the landing files, so it is the same whatever was loaded first.
-- Copies within one batch were told apart when it was flattened, and have rows in no other table.
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
