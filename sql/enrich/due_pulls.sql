-- Metrics to pull for each signed quote: never pulled, with a newer delivery, or pulled too long ago.
-- grain: quote_id, object, metric
-- inputs: enrich.signed_quotes, history.dal_values, staging.dal_metrics
-- Metrics refused recently are not pulled for any quote.
with signed_quotes as (

    select * from enrich.signed_quotes

), dal_values as (

    select * from history.dal_values

), dal_metrics as (

    select * from staging.dal_metrics

), pulled as (

    select
        quote_id,
        object,
        dal_object,
        metric,
        baseline,
        max(pulled_at) as pulled_at,
    from dal_values
    group by quote_id, object, dal_object, metric, baseline

), answered as (

    select
        object,
        dal_object,
        metric,
        baseline,
        max(case when answer = 'refused' then pulled_at end) as refused_at,
        max(case when answer not in ('refused', 'missing') then pulled_at end) as accepted_at,
    from dal_values
    group by object, dal_object, metric, baseline

), refused as (

    select * from answered
    where
        refused_at >= setting('asked_too_long_ago')
        and (accepted_at is null or accepted_at < refused_at)

)

select
    signed_quotes.quote_id as quote_id,
    dal_metrics.object as object,
    dal_metrics.metric as metric,
    dal_metrics.position as position,
    signed_quotes.delivered_at as delivered_at,
    signed_quotes.webhook_at as webhook_at,
    pulled.pulled_at as pulled_at,
from signed_quotes
cross join dal_metrics
left join pulled using (quote_id, object, dal_object, metric, baseline)
left join refused using (object, dal_object, metric, baseline)
where
    refused.refused_at is null
    and (
        pulled.pulled_at is null
        or pulled.pulled_at < signed_quotes.delivered_at
        or pulled.pulled_at < setting('asked_too_long_ago')
    )
