-- Every comment, user and organization comes from a snapshot that counts.
-- severity: fail
-- inputs: main.comments, main.organizations, main.users, ops.snapshots
with snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), current_rows as (

    select landing_id from main.comments

    union

    select landing_id from main.organizations

    union

    select landing_id from main.users

)

select current_rows.landing_id as landing_id
from current_rows
left join snapshots using (landing_id)
where snapshots.landing_id is null
