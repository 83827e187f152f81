-- The ids of all that is recomputed, by the column that holds them: rows with one of them are replaced.
-- grain: column_name, id
-- inputs: history.comments, history.deliveries, history.envelopes, history.signers, history.sub_tasks, history.tasks, staging.commits, touched.documents, touched.landing_ids, touched.milestones, touched.organizations, touched.paths, touched.quotes, touched.users -- noqa: LT05
select
    'landing_id' as column_name,
    landing_id as id,
from touched.landing_ids

union all

select
    'batch_id' as column_name,
    batch_id as id,
from staging.commits

union all

select
    'milestone_id' as column_name,
    milestone_id as id,
from touched.milestones

union all

select
    'document_id' as column_name,
    document_id as id,
from touched.documents

union all

select
    'path' as column_name,
    path as id,
from touched.paths

union all

select
    'user_id' as column_name,
    user_id as id,
from touched.users

union all

select
    'organization_id' as column_name,
    organization_id as id,
from touched.organizations

union all

select
    'quote_id' as column_name,
    quote_id as id,
from touched.quotes

union all

select
    'signed_quote_id' as column_name,
    quote_id as id,
from touched.quotes

union all

select distinct
    'landing_file' as column_name,
    landing_file as id,
from history.deliveries

union all

select distinct
    'task_id' as column_name,
    task_id as id,
from history.tasks

union all

select distinct
    'sub_task_id' as column_name,
    sub_task_id as id,
from history.sub_tasks

union all

select distinct
    'comment_id' as column_name,
    comment_id as id,
from history.comments

union all

select distinct
    'envelope_id' as column_name,
    envelope_id as id,
from history.envelopes

union all

select distinct
    'signer_id' as column_name,
    signer_id as id,
from history.signers

union all

select distinct
    'entity_id' as column_name,
    milestone_id as id,
from touched.milestones

union all

select distinct
    'entity_id' as column_name,
    task_id as id,
from history.tasks

union all

select distinct
    'entity_id' as column_name,
    sub_task_id as id,
from history.sub_tasks
