-- Every attempt to download a document, as recorded.
-- grain: landing_id
-- inputs: staging.downloads
with downloads as (

    select * from staging.downloads

)

select
    document_id,
    landing_id,
    download_status,
    reason,
    sha256,
    size_bytes,
    mime_type,
    vault_path,
    http_status,
    route,
    received_at as downloaded_at,
from downloads
