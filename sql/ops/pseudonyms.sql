-- The pseudonym of every e-mail address and name, by which the masked views replace it.
-- grain: kind, value
-- inputs: staging.pseudonyms
with pseudonyms as (

    select * from staging.pseudonyms

)

select
    kind,
    value,
    pseudonym,
from pseudonyms
