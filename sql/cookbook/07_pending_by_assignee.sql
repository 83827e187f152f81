-- How many milestones are pending with each assignee, and since when?
select
    assigned_to_email,
    count(*) as pending,
    min(pending_since_at) as oldest_since,
    max(pending_since_at) as newest_since,
from marts.pending_ageing
group by assigned_to_email
order by pending desc, assigned_to_email asc
limit 5
