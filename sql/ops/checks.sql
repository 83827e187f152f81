-- Every check that ran before this version was published, with its number of findings.
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
