-- Every submit, rejection and approval of every milestone, from its comments or, if they do not mention it, its status.
-- grain: milestone_id, sequence
-- inputs: history.comments, history.milestones, main.comments, main.milestones, staging.ranked_snapshots
-- replaced by: landing_id
-- The wording of the log is "<actor> submitted milestone <name> for approval."; a name can itself contain such words,
-- and a note can follow. So the author's own name is removed first; if the text does not begin with it, the first whole
-- sentence counts whose beginning reads as a name. Of the statuses only APPROVED is documented. A status from REST is
-- dated by date_updated, since the watermark of REST is the time of the query; without that date it is no event.
with milestones as (

    select * from main.milestones

), comments as (

    select
        *,
        trim(concat_ws(' ', commentor_first_name, commentor_last_name)) as author,
    from main.comments
    where task_id is null and timestamp is not null

), snapshots as (

    select * from staging.ranked_snapshots

), directions as (

    -- Older bodies list the oldest comment first, newer ones the newest first: this orders comments of the same time.
    -- If all have the same time, the order follows from the log, which begins with a submit.
    select
        landing_id,
        case
            when max_by(position, (timestamp, -position)) > min_by(position, (timestamp, position)) then 1
            when max_by(position, (timestamp, -position)) < min_by(position, (timestamp, position)) then -1
            when max(last_updated) is not null then -1
        end as direction,
    from comments
    group by landing_id

), sentences as (

    select
        comments.milestone_id as milestone_id,
        comments.comment_id as comment_id,
        comments.landing_id as landing_id,
        comments.commentor as actor_email,
        comments.author as author,
        comments.comment as comment,
        comments.timestamp as event_at,
        comments.position as position,
        directions.direction as direction,
        case
            when comments.author <> '' and starts_with(comments.comment, comments.author || ' ')
                then substr(comments.comment, length(comments.author) + 2)
        end as rest_of_text,
        case
            when coalesce(comments.comment_type, 'AUTO') = 'AUTO'
                then least(
                    nullif(instr(comments.comment, ' submitted milestone ' || milestones.name || ' for approval'), 0),
                    nullif(instr(comments.comment, ' approved milestone ' || milestones.name || '.'), 0),
                    nullif(instr(comments.comment, ' rejected milestone ' || milestones.name || '.'), 0),
                    nullif(instr(comments.comment, ' cancelled the submission of milestone ' || milestones.name), 0)
                )
        end as sentence_place,
    from comments
    left join directions using (landing_id)
    left join milestones using (milestone_id)

), read_as as (

    select
        *,
        case
            when matches(rest_of_text, '^((re-?)?submitted|approved|rejected) milestone ') then author
            when matches(rest_of_text, '^(cancell?ed|withdrew|recalled) (the )?(submission of )?milestone ') then author
            when
                matches(
                    substr(comment, 1, sentence_place - 1),
                    '^([^ ]+|([^a-z ][^ ]*|de|del|della|da|di|do|dos|la|le|van|von|der|den|zu|bin|al|el|y|e)'
                    || '( ([^a-z ][^ ]*|de|del|della|da|di|do|dos|la|le|van|von|der|den|zu|bin|al|el|y|e))*)$'
                )
                then substr(comment, 1, sentence_place - 1)
        end as actor,
    from sentences

), entries as (

    select
        milestone_id,
        comment_id,
        landing_id,
        actor,
        actor_email,
        event_at,
        position,
        direction,
        case
            when matches(substr(comment, length(actor) + 2), '^(re-?)?submitted ') then 'submitted'
            when starts_with(substr(comment, length(actor) + 2), 'approved ') then 'approved'
            when starts_with(substr(comment, length(actor) + 2), 'rejected ') then 'rejected'
            else 'cancelled'
        end as event,
    from read_as
    where actor is not null

), beginnings as (

    select
        landing_id,
        case when min_by(event, position) in ('approved', 'rejected') then -1 else 1 end as direction,
    from entries
    group by landing_id

), log as (

    select
        entries.*,
        row_number() over (
            partition by entries.milestone_id
            order by
                entries.event_at,
                entries.position * coalesce(entries.direction, beginnings.direction),
                entries.comment_id
        ) as log_number,
    from entries
    left join beginnings using (landing_id)

), statuses as (

    select
        states.milestone_id as milestone_id,
        states.landing_id as landing_id,
        case when snapshots.is_rest then states.date_updated else states.watermark_at end as watermark_at,
        snapshots.snapshot_rank as snapshot_rank,
        case states.status
            when 'SUBMITTED' then 'submitted'
            when 'REJECTED' then 'rejected'
            when 'APPROVED' then 'approved'
        end as event,
        states.status as status,
        lag(states.status) over (
            partition by states.milestone_id
            order by snapshots.snapshot_rank
        ) as status_before,
    from history.milestones as states
    inner join snapshots using (landing_id)
    where
        case when snapshots.is_rest then states.date_updated else states.watermark_at end is not null
        and (states.status is not null or not coalesce(snapshots.is_rest, false))

), runs as (

    select
        *,
        count(case when status is distinct from status_before then 1 end) over (
            partition by milestone_id
            order by snapshot_rank
            rows between unbounded preceding and current row
        ) as run_number,
    from statuses

), neighbours as (

    select
        runs.landing_id as landing_id,
        max(case when log.event_at <= runs.watermark_at then log.log_number end) as number_before,
        min(case when log.event_at > runs.watermark_at then log.log_number end) as number_after,
        max(case when log.event_at = runs.watermark_at and log.event = runs.event then log.log_number end)
            as number_same,
    from runs
    inner join log using (milestone_id)
    group by runs.landing_id

), compared as (

    -- As in the vendor's sample, a status can be dated shortly before its comment. Of several events at one time, the
    -- status matches the one of its name.
    select
        runs.milestone_id as milestone_id,
        runs.landing_id as landing_id,
        runs.snapshot_rank as snapshot_rank,
        runs.run_number as run_number,
        runs.event as event,
        runs.watermark_at as watermark_at,
        earlier.log_number as number_before,
        case
            when neighbours.number_same is not null then neighbours.number_same
            when runs.event = later.event and runs.event <> coalesce(earlier.event, '') then later.log_number
            else earlier.log_number
        end as matched_number,
        runs.event is null or neighbours.number_same is not null or runs.event in (earlier.event, later.event)
            as is_matched,
    from runs
    left join neighbours using (landing_id)
    left join log as earlier
        on runs.milestone_id = earlier.milestone_id and neighbours.number_before = earlier.log_number
    left join log as later
        on runs.milestone_id = later.milestone_id and neighbours.number_after = later.log_number

), seen as (

    select distinct
        milestone_id,
        matched_number as log_number,
        true as is_seen,
    from compared

), all_events as (

    select
        log.milestone_id as milestone_id,
        log.landing_id as landing_id,
        log.comment_id as comment_id,
        log.event as event,
        log.actor as actor,
        log.actor_email as actor_email,
        'comment' as source,
        coalesce(seen.is_seen, false) as is_delivered,
        log.log_number as log_number,
        0 as run_number,
        log.event_at as event_at,
    from log
    left join seen using (milestone_id, log_number)

    union all

    select
        milestone_id,
        min_by(landing_id, snapshot_rank) as landing_id,
        cast(null as string) as comment_id,
        event,
        cast(null as string) as actor,
        cast(null as string) as actor_email,
        'status' as source,
        true as is_delivered,
        coalesce(number_before, 0) as log_number,
        run_number,
        min(watermark_at) as event_at,
    from compared
    where not coalesce(is_matched, false)
    group by milestone_id, event, run_number, number_before

), mentions as (

    select
        comment_id,
        min(received_at) as first_mentioned_at,
    from history.comments
    group by comment_id

), ordered as (

    select
        *,
        lead(event) over first_to_last as next_event,
        lead(event_at) over first_to_last as next_event_at,
    from all_events
    window first_to_last as (partition by milestone_id order by event_at, log_number, source, run_number)

)

select
    ordered.milestone_id as milestone_id,
    row_number() over (
        partition by ordered.milestone_id
        order by ordered.event_at, ordered.log_number, ordered.source, ordered.run_number
    ) as sequence,
    ordered.landing_id as landing_id,
    ordered.comment_id as comment_id,
    ordered.event as event,
    ordered.actor as actor,
    ordered.actor_email as actor_email,
    ordered.source as source,
    ordered.is_delivered as is_delivered,
    ordered.event_at as event_at,
    case when ordered.event = 'submitted' and ordered.next_event = 'cancelled' then ordered.next_event_at end
        as cancelled_at,
    mentions.first_mentioned_at as first_mentioned_at,
from ordered
left join mentions using (comment_id)
where ordered.event <> 'cancelled'
