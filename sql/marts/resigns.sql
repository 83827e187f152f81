-- Every quote whose contract was signed again on another quote, with the milestones it concerns.
-- grain: quote_id, milestone_id
-- inputs: main.milestones, main.quotes
with milestones as (

    select * from main.milestones

), quotes as (

    select * from main.quotes
    where is_resigned

)

select
    quotes.quote_id as quote_id,
    quotes.signed_quote_id as signed_quote_id,
    milestones.milestone_id as milestone_id,
    milestones.site_id as site_id,
    milestones.milestone_definition_id as milestone_definition_id,
    quotes.resolved_at as resolved_at,
from quotes
inner join milestones using (quote_id)
