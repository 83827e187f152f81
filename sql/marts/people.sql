-- Every user with the newest known value of each field, and the organization's name.
-- grain: user_id
-- inputs: main.organizations, staging.newest_mentions
-- replaced by: user_id
with known as (

    select * from staging.newest_mentions

), organizations as (

    select * from main.organizations

)

select
    known.user_id as user_id,
    known.organization_id as organization_id,
    organizations.name as organization_name,
    known.email as email,
    known.first_name as first_name,
    known.last_name as last_name,
from known
left join organizations using (organization_id)
