-- How many documents are uploaded after a rejection before the next submit, and how soon?
select
    name,
    count(*) as documents,
    count(distinct rejected_at) as rejections,
    round(median(seconds_after_rejection) / 3600, 1) as median_hours,
from marts.documents_after_rejection
where is_submitted
group by name
order by documents desc, name asc
limit 5
