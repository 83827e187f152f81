-- How long do documents wait for a decision?
select
    creation_type,
    document_type,
    count(*) as documents,
    count(*) filter (where is_open) as open,
    round(median(turnaround_seconds) / 86400, 1) as median_days_decided,
from marts.document_turnaround
group by creation_type, document_type
order by documents desc
