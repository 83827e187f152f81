-- Share of changed milestones whose webhook arrived, by day.
-- grain: changed_date
-- inputs: ops.reconciled
with reconciled as (

    select * from ops.reconciled

), days as (

    select
        cast(changed_at as date) as changed_date,
        count(case when outcome <> 'not_sent' then 1 end) as changed,
        count(case when outcome = 'delivered' then 1 end) as delivered,
        count(case when outcome = 'missing' then 1 end) as missing,
        count(case when outcome = 'missing' then pulled_at end) as pulled,
        count(case when outcome = 'missing' and is_same_status then 1 end) as same_status,
        count(case when outcome = 'not_sent' then 1 end) as not_sent,
    from reconciled
    group by cast(changed_at as date)

)

select
    changed_date,
    changed,
    delivered,
    missing,
    pulled,
    same_status,
    not_sent,
    case when changed > 0 then cast(delivered as double) / changed end as coverage,
from days
