-- What are the first-pass yield and the rejection rate of each definition?
select
    name,
    decided,
    round(100 * first_pass_yield, 1) as first_pass_percent,
    decisions,
    rejections,
    round(100 * rejection_rate, 1) as rejection_percent,
from marts.first_pass_yield
where grouped_by = 'definition'
order by first_pass_yield, name
