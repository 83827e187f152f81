-- What the masked views show in place of every e-mail address, name, label and path of drift.
-- grain: kind, value
-- inputs: staging.pseudonyms
-- replaced by: no row
with pseudonyms as (

    select * from staging.pseudonyms

)

select
    kind,
    value,
    pseudonym,
from pseudonyms
