-- The entities that snapshots of several keys held: what moved from one milestone to another.
-- grain: entity, key
-- inputs: cache.links
with links as (

    select * from cache.links

), shared as (

    select entity from links
    group by entity
    having count(*) > 1

)

select
    entity,
    links.key as key,
from links
inner join shared using (entity)
