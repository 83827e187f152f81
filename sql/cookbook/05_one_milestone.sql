-- What happened to one milestone, and when?
-- This is the milestone of the vendor's sample.
select
    sequence,
    event,
    actor,
    event_at,
    is_delivered,
    event_at - lag(event_at) over (order by sequence) as since_previous_event,
from marts.milestone_events
where milestone_id = '7a605ec8-d276-4d6c-bd47-52a483e28783'
order by sequence
