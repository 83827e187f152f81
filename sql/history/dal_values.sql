-- Every response of the DAL on a metric, one row per value.
-- grain: landing_id, metric, position
-- inputs: staging.dal_values
with dal_values as (

    select * from staging.dal_values

)

select
    quote_id,
    landing_id,
    milestone_id,
    object,
    dal_object,
    metric,
    baseline,
    position,
    answer,
    is_list,
    value,
    received_at as pulled_at,
    received_at,
    rescued as _rescued,
from dal_values
