-- Every duplicate names an original with the same content.
-- severity: fail
-- inputs: ops.snapshots
with snapshots as (

    select * from ops.snapshots

), duplicates as (

    select * from snapshots
    where is_duplicate

), originals as (

    select * from snapshots
    where not is_duplicate

)

select
    duplicates.landing_id as landing_id,
    duplicates.original_landing_id as original_landing_id,
from duplicates
left join originals
    on
        duplicates.original_landing_id = originals.landing_id
        and duplicates.content_hash = originals.content_hash
where originals.landing_id is null
