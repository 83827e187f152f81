-- How many contracts were signed again on another quote?
-- It is empty until the API was asked: set SIGHTEN_API_URL and SIGHTEN_API_TOKEN.
select
    resolution,
    count(*) as quotes,
    count(*) filter (where is_resigned) as resigned,
from quotes
group by resolution
order by quotes desc
