-- What drift did deliveries contain?
-- The simulator invents these codes; codes listed in `codes.yml` in the home are known and not reported.
select
    drift,
    path,
    example,
    deliveries,
from ops.drift
order by deliveries desc, path asc, example asc
limit 8
