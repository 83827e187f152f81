-- How reliable is the webhook?
select
    sum(deliveries) as deliveries,
    sum(applied) as applied,
    sum(superseded) as superseded,
    sum(duplicate) as duplicate,
    sum(quarantined) as quarantined,
    sum(late) as late,
    sum(repaired) as repaired,
    sum(submits_never_delivered) as submits_never_delivered,
from marts.delivery_quality
