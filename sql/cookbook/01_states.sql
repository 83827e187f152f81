-- How many milestones are in each state?
select
    state,
    count(*) as milestones,
    count(*) filter (where rejections > 0) as ever_rejected,
from marts.approval_cycles
group by state
order by milestones desc
