-- Every check that ran before this version was published, with its number of findings.
-- grain: check_name
-- inputs: staging.checks, staging.found
-- replaced by: all rows
with checks as (

    select * from staging.checks

), numbered as (

    select
        *,
        row_number() over (partition by check_name order by id) as number,
    from staging.found

), found as (

    select
        check_name,
        count(*) as findings,
        joined_in_order(case when number <= 3 then coalesce(id, 'NULL') end, ', ', id) as examples,
    from numbered
    group by check_name

)

select
    check_name,
    checks.severity as severity,
    checks.description as description,
    coalesce(found.findings, 0) as findings,
    coalesce(found.examples, '') as examples,
from checks
left join found using (check_name)
