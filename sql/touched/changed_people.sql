-- The users of whom new deliveries may show another name, address or organization than was published.
-- grain: user_id
-- inputs: before.organizations, before.people, history.organizations, history.users
with people as (

    select * from before.people

), renamed as (

    select new.organization_id as organization_id
    from history.organizations as new
    left join before.organizations as organizations using (organization_id)
    where organizations.name is distinct from new.name

)

select new.user_id as user_id
from history.users as new
left join people using (user_id)
where
    people.user_id is null
    or people.email <> coalesce(new.email, people.email)
    or people.first_name <> coalesce(new.first_name, people.first_name)
    or people.last_name <> coalesce(new.last_name, people.last_name)
    or people.organization_id <> coalesce(new.organization_id, people.organization_id)
    or (people.email is null and new.email is not null)
    or (people.first_name is null and new.first_name is not null)
    or (people.last_name is null and new.last_name is not null)
    or (people.organization_id is null and new.organization_id is not null)

union

select people.user_id as user_id
from people
inner join renamed using (organization_id)
