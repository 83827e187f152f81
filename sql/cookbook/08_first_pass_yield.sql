-- What are the first-pass yield and the rejection rate of each definition?
select
    name,
    sum(decided) as decided,
    round(100 * sum(first_pass) / sum(decided), 1) as first_pass_percent,
    sum(decisions) as decisions,
    sum(rejections) as rejections,
    round(100 * sum(rejections) / sum(decisions), 1) as rejection_percent,
from marts.first_pass_yield
group by milestone_definition_id, name
order by first_pass_percent, name
