-- The organizations of the touched users, and those that a touched snapshot mentions.
-- grain: organization_id
-- inputs: history.organizations, history.users
select organization_id from history.organizations

union

select organization_id from history.users
where organization_id is not null
