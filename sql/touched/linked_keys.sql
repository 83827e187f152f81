-- Further keys that share an entity with a touched one.
-- grain: key
-- inputs: cache.shared, touched.keys
select distinct other.key as key
from cache.shared as own
inner join touched.keys using (key)
inner join cache.shared as other on own.entity = other.entity
left join touched.keys as known on other.key = known.key
where known.key is null
