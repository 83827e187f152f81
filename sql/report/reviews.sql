-- How long decisions took and how long milestones were reworked after a rejection, by the day of the first submit.
-- grain: day, definition, organization
-- inputs: marts.reviews, report.milestones
with milestones as (

    select * from report.milestones

), reviews as (

    select * from marts.reviews
    where review_seconds is not null or rework_seconds is not null

)

select
    date_diff('day', date '1970-01-01', milestones.start_date) as day,
    milestones.definition as definition,
    milestones.organization as organization,
    list(cast(round(reviews.review_seconds / 60) as bigint)) filter (where reviews.review_seconds is not null)
        as review_minutes,
    list(cast(round(reviews.rework_seconds / 60) as bigint)) filter (where reviews.rework_seconds is not null)
        as rework_minutes,
from reviews
inner join milestones using (milestone_id)
group by milestones.start_date, milestones.definition, milestones.organization
order by milestones.start_date, milestones.definition, milestones.organization
