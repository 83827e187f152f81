-- Every committed batch, with its counts.
-- grain: batch_id
-- inputs: staging.commits
-- replaced by: batch_id
with commits as (

    select * from staging.commits

)

select
    batch_id,
    first_version,
    landing_files,
    landed,
    loaded,
    clean,
    ignored,
    quarantined,
    history_rows,
    code_version,
    committed_at,
from commits
