-- Deliveries that were kept long enough: no current row comes from them.
-- grain: landing_id
-- inputs: main.comments, main.dal_values, main.documents, main.envelopes, main.milestones, main.organizations, main.quotes, main.signers, main.sub_tasks, main.tasks, main.users, ops.deliveries, ops.downloads -- noqa: LT05
-- Of each milestone's pulls by REST the last one stays too, since some of its columns are in no webhook.
with deliveries as (

    select * from ops.deliveries

), pulls as (

    select max_by(landing_id, (watermark_at, landing_id)) as landing_id
    from deliveries
    where kind = 'rest_milestone'
    group by milestone_id

), needed as (

    select landing_id from main.comments

    union

    select landing_id from main.dal_values

    union

    select landing_id from main.documents

    union

    select landing_id from main.envelopes

    union

    select landing_id from main.milestones

    union

    select landing_id from main.organizations

    union

    select landing_id from main.quotes

    union

    select landing_id from main.signers

    union

    select landing_id from main.sub_tasks

    union

    select landing_id from main.tasks

    union

    select landing_id from main.users

    union

    select landing_id from ops.downloads

    union

    select landing_id from pulls

)

select deliveries.landing_id as landing_id
from deliveries
left join needed using (landing_id)
where
    needed.landing_id is null
    and deliveries.outcome <> 'applied'
    and deliveries.received_at < setting('kept_from')
    and coalesce(deliveries.reason, '') not in ('erased', 'expired', 'damaged_line', 'altered_body')
