-- The newest values of every pulled DAL metric, including nulls.
-- grain: signed_quote_id, object, metric, baseline, position
-- inputs: history.dal_values, main.quotes
-- replaced by: signed_quote_id
-- A response without values removes the earlier ones; a refusal changes nothing.
with dal_values as (

    select * from history.dal_values
    where answer <> 'refused'

), newest as (

    select
        quote_id,
        object,
        metric,
        baseline,
        max_by(landing_id, (pulled_at, landing_id)) as landing_id,
    from dal_values
    group by quote_id, object, metric, baseline

), quotes as (

    select * from main.quotes

), first_milestones as (

    select
        signed_quote_id as quote_id,
        min_by(milestone_id, quote_id) as milestone_id,
    from quotes
    group by signed_quote_id

)

select
    dal_values.quote_id as signed_quote_id,
    dal_values.object as object,
    dal_values.metric as metric,
    dal_values.baseline as baseline,
    dal_values.position as position,
    first_milestones.milestone_id as milestone_id,
    dal_values.landing_id as landing_id,
    dal_values.value as value,
    dal_values.pulled_at as pulled_at,
    dal_values.received_at as received_at,
    dal_values._rescued as _rescued,
from dal_values
inner join newest using (quote_id, object, metric, baseline, landing_id)
left join first_milestones using (quote_id)
where dal_values.answer in ('value', 'null')
