-- How long does it take to get an envelope signed?
select
    status,
    count(*) as envelopes,
    round(median(epoch(date_signed - date_sent)) / 3600, 1) as median_hours_to_sign,
from envelopes
group by status
order by envelopes desc, status asc
