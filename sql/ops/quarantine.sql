-- Quarantined deliveries, each with the reason, the place, what was expected, and the decision.
-- grain: landing_id
-- inputs: ops.decisions, ops.deliveries
-- replaced by: landing_id
with deliveries as (

    select * from ops.deliveries
    where outcome = 'quarantined'

), decisions as (

    select * from ops.decisions
    where is_in_force

)

select
    deliveries.landing_id as landing_id,
    deliveries.batch_id as batch_id,
    deliveries.landing_file as landing_file,
    deliveries.line_number as line_number,
    deliveries.reason as reason,
    deliveries.place as place,
    deliveries.expected as expected,
    deliveries.kind as kind,
    deliveries.body_sha256 as body_sha256,
    deliveries.body_bytes as body_bytes,
    decisions.decision as decision,
    decisions.reason as decision_reason,
    decisions.retried_as_landing_id as retried_as_landing_id,
    decisions.decided_at as decided_at,
    deliveries.received_at as received_at,
from deliveries
left join decisions on deliveries.landing_id = decisions.quarantined_landing_id
