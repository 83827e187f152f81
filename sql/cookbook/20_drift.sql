-- What did deliveries hold that is not known?
-- The codes are the simulator's own; `codes.yml` in the home says which are known.
select
    drift,
    path,
    example,
    deliveries,
from ops.drift
order by deliveries desc, path asc, example asc
limit 8
