-- Quarantined deliveries, by day, reason and decision.
-- grain: day, reason, decision
-- inputs: ops.quarantine
with quarantine as (

    select
        date_diff('day', date '1970-01-01', cast(received_at as date)) as day,
        coalesce(reason, '') as reason,
        coalesce(decision, 'open') as decision,
    from ops.quarantine

)

select
    day,
    reason,
    decision,
    count(*) as deliveries,
from quarantine
group by day, reason, decision
order by day, reason, decision
