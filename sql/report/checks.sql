-- Warnings of the checks of this version.
-- grain: check_name
-- inputs: ops.checks
with checks as (

    select * from ops.checks
    where findings > 0

)

select
    check_name,
    description,
    findings,
from checks
order by findings desc, check_name asc
