-- What changes most often, and from what to what?
select
    entity,
    field,
    old_value,
    new_value,
    count(*) as changes,
from ops.changes
where field = 'status'
group by entity, field, old_value, new_value
order by changes desc, entity asc, old_value asc, new_value asc
limit 8
