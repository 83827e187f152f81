-- How many contracts were re-signed on another quote?
-- Empty until the signed quotes are looked up in Sighten's API: set SIGHTEN_API_URL and SIGHTEN_API_TOKEN.
select
    resolution,
    count(*) as quotes,
    count(*) filter (where is_resigned) as resigned,
from quotes
group by resolution
order by quotes desc
