-- Every check that this version was asked before it was published, and how many rows it found.
-- grain: check_name
-- inputs: staging.findings
with findings as (

    select * from staging.findings

)

select
    check_name,
    severity,
    description,
    findings,
    examples,
from findings
