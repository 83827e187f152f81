-- How many milestones had each status at the end of a year?
select
    status,
    count(*) as milestones,
from milestones_as_of(timestamp '2025-12-31 23:59:59')
group by status
order by milestones desc
