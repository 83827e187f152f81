-- Rework times, from a rejection to the next submit, by day of the first submit.
-- grain: day, definition, organization
-- inputs: marts.reviews, report.milestones
with milestones as (

    select * from report.milestones

), reviews as (

    select * from marts.reviews
    where rework_seconds is not null

)

select
    date_diff('day', date '1970-01-01', milestones.start_date) as day,
    milestones.definition as definition,
    milestones.organization as organization,
    list(cast(round(reviews.rework_seconds / 60) as bigint)) as rework_minutes,
from reviews
inner join milestones using (milestone_id)
group by milestones.start_date, milestones.definition, milestones.organization
order by milestones.start_date, milestones.definition, milestones.organization
