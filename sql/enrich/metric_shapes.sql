-- The shape of the values of every pulled metric: list or not, and their common type.
-- grain: object, metric, baseline
-- inputs: history.dal_values, main.dal_values
with responses as (

    select * from history.dal_values

), current_values as (

    select
        object,
        metric,
        baseline,
        cast(value as text) as literal,
    from main.dal_values
    where value is not null

), typed as (

    select
        *,
        case
            when literal in ('true', 'false') then 'boolean'
            when matches(literal, '^[{[]') then 'json'
            when not matches(literal, '^"') then 'number'
            when
                matches(literal, '^"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?"$')
                and try_cast(substr(literal, 2, 10) as date) is not null then 'timestamp'
            else 'text'
        end as type,
    from current_values

), types as (

    select
        object,
        metric,
        baseline,
        min(type) as type,
        max(type) as another_type,
        max(case when type = 'json' then 1 else 0 end) as has_json,
    from typed
    group by object, metric, baseline

), shapes as (

    select
        object,
        metric,
        baseline,
        max(case when is_list then 1 else 0 end) = 1 as is_list,
    from responses
    group by object, metric, baseline

)

select
    shapes.object as object,
    shapes.metric as metric,
    shapes.baseline as baseline,
    shapes.is_list as is_list,
    case
        when types.has_json = 1 then 'json'
        when types.type = types.another_type then types.type
        else 'text'
    end as type,
from shapes
left join types using (object, metric, baseline)
