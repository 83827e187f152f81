-- Every submit, rejection and approval of every milestone, from its comments and, where those are silent, its status.
-- grain: milestone_id, event, event_at, comment_id
-- inputs: main.milestones, main.comments, history.milestones, ops.snapshots
-- The log's wording is "<actor> submitted milestone <name> for approval."; a name may itself hold such words, so the
-- actor's own name is taken off first, and where it does not lead the text, only the whole sentence counts.
with milestones as (

    select * from main.milestones

), comments as (

    select
        *,
        concat_ws(' ', commentor_first_name, commentor_last_name) || ' ' as author,
    from main.comments
    where task_id is null

), history as (

    select * from history.milestones

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), sentences as (

    select
        comments.milestone_id as milestone_id,
        comments.comment_id as comment_id,
        comments.commentor as actor_email,
        nullif(trim(comments.author), '') as actor,
        comments.landing_id as landing_id,
        comments.timestamp as event_at,
        comments.comment as comment,
        milestones.name as name,
        case
            when length(comments.author) > 1 and starts_with(comments.comment, comments.author)
                then substr(comments.comment, length(comments.author) + 1)
        end as said,
    from comments
    left join milestones using (milestone_id)

), told as (

    select
        *,
        case
            when starts_with(said, 'submitted milestone ') then 'submitted'
            when starts_with(said, 'approved milestone ') then 'approved'
            when starts_with(said, 'rejected milestone ') then 'rejected'
            when contains(comment, ' submitted milestone ' || name || ' for approval') then 'submitted'
            when contains(comment, ' approved milestone ' || name || '.') then 'approved'
            when contains(comment, ' rejected milestone ' || name || '.') then 'rejected'
        end as event,
    from sentences

), from_comments as (

    select * from told
    where event is not null and event_at is not null

), from_statuses as (

    select
        history.milestone_id as milestone_id,
        min_by(history.landing_id, snapshots.snapshot_rank) as landing_id,
        min(history.watermark_at) as event_at,
    from history
    inner join snapshots using (landing_id)
    inner join milestones
        on history.milestone_id = milestones.milestone_id and history.status = milestones.status
    where history.status = 'APPROVED'
    group by history.milestone_id

), approvals_told as (

    select distinct
        milestone_id,
        true as is_told,
    from from_comments
    where event = 'approved'

)

select
    milestone_id,
    landing_id,
    comment_id,
    event,
    actor,
    actor_email,
    'comment' as source,
    event_at,
from from_comments

union all

select
    from_statuses.milestone_id as milestone_id,
    from_statuses.landing_id as landing_id,
    cast(null as varchar) as comment_id,
    'approved' as event,
    cast(null as varchar) as actor,
    cast(null as varchar) as actor_email,
    'status' as source,
    from_statuses.event_at as event_at,
from from_statuses
left join approvals_told using (milestone_id)
where from_statuses.event_at is not null and approvals_told.is_told is null
