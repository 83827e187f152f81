-- The pseudonym of every e-mail address and name, as used by the masked views.
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
