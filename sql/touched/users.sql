-- The users that a touched snapshot mentions, or of whom something else may have changed.
-- grain: user_id
-- inputs: history.users, touched.changed_people
select user_id from history.users

union

select user_id from touched.changed_people
