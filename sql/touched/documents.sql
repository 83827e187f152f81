-- The documents of the touched snapshots and of the touched attempts to download one.
-- grain: document_id
-- inputs: cache.downloads, history.documents, touched.landing_ids
select document_id from history.documents

union

select downloads.document_id as document_id
from cache.downloads as downloads
inner join touched.landing_ids using (landing_id)
