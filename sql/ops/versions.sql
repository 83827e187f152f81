-- Every published version, including this one.
-- grain: version
-- inputs: staging.versions
-- replaced by: all rows
with versions as (

    select * from staging.versions

)

select
    version,
    batches,
    new_batches,
    code_version,
    started_at,
    published_at,
from versions
