-- As-of queries for readers of the published file: `from milestones_as_of(timestamp '2018-09-01')`. Each selects the
-- intervals of history that held at that time, with the last snapshot in that state by then.
create macro held_at(valid_from_at, valid_to_at, ts) as
(valid_from_at is null or valid_from_at <= ts) and (valid_to_at is null or valid_to_at > ts);

-- The last delivery of an interval up to `ts`: usually the last of all, else the one before the position where the next
-- microsecond sorts in. A lambda would be simpler, but its syntax differs between versions of DuckDB.
create macro last_until(landing_ids, watermarks, ts) as
case
    when watermarks[-1] is null or watermarks[-1] <= cast(ts as timestamp) then landing_ids[-1]
    else landing_ids[
        list_position(
            list_sort(
                list_append(watermarks, cast(ts as timestamp) + interval '1' microsecond), 'ASC', 'NULLS FIRST'
            ),
            cast(ts as timestamp) + interval '1' microsecond
        ) - 1
    ]
end;

create macro milestones_as_of(ts) as table
    with intervals as (

        select * from history.milestone_intervals
        where held_at(valid_from_at, valid_to_at, ts)

    ), snapshots as (

        select * from ops.snapshots

    ), states as (

        select
            *,
            last_until(landing_ids, watermarks, ts) as last_landing_id,
        from intervals

    )

    select
        states.milestone_id as milestone_id,
        snapshots.landing_id as landing_id,
        states.each_milestone_column as each_milestone_column,
        snapshots.watermark_at as watermark_at,
        snapshots.received_at as received_at,
        states._rescued as _rescued,
    from states
    inner join snapshots on states.last_landing_id = snapshots.landing_id;

create macro tasks_as_of(ts) as table
    with intervals as (

        select * from history.task_intervals
        where held_at(valid_from_at, valid_to_at, ts)

    ), snapshots as (

        select * from ops.snapshots

    ), states as (

        select
            *,
            last_until(landing_ids, watermarks, ts) as last_landing_id,
        from intervals

    )

    select
        states.task_id as task_id,
        states.milestone_id as milestone_id,
        snapshots.landing_id as landing_id,
        states.each_task_column as each_task_column,
        snapshots.received_at as received_at,
        states._rescued as _rescued,
    from states
    inner join snapshots on states.last_landing_id = snapshots.landing_id;

create macro sub_tasks_as_of(ts) as table
    with intervals as (

        select * from history.sub_task_intervals
        where held_at(valid_from_at, valid_to_at, ts)

    ), snapshots as (

        select * from ops.snapshots

    ), states as (

        select
            *,
            last_until(landing_ids, watermarks, ts) as last_landing_id,
        from intervals

    )

    select
        states.sub_task_id as sub_task_id,
        states.task_id as task_id,
        states.milestone_id as milestone_id,
        snapshots.landing_id as landing_id,
        states.each_sub_task_column as each_sub_task_column,
        snapshots.received_at as received_at,
        states._rescued as _rescued,
    from states
    inner join snapshots on states.last_landing_id = snapshots.landing_id;

create macro documents_as_of(ts) as table
    with intervals as (

        select * from history.document_intervals
        where held_at(valid_from_at, valid_to_at, ts)

    ), snapshots as (

        select * from ops.snapshots

    ), states as (

        select
            *,
            last_until(landing_ids, watermarks, ts) as last_landing_id,
        from intervals

    )

    select
        states.document_id as document_id,
        states.sub_task_id as sub_task_id,
        states.task_id as task_id,
        states.milestone_id as milestone_id,
        snapshots.landing_id as landing_id,
        states.each_document_column as each_document_column,
        snapshots.received_at as received_at,
        states._rescued as _rescued,
    from states
    inner join snapshots on states.last_landing_id = snapshots.landing_id;

create macro comments_as_of(ts) as table
    with comments as (

        select * from main.comments
        where timestamp is null or timestamp <= ts

    )

    select
        comment_id,
        task_id,
        milestone_id,
        landing_id,
        each_comment_column,
        received_at,
        _rescued,
    from comments;

create macro quotes_as_of(ts) as table
    with intervals as (

        select * from history.quote_intervals
        where held_at(valid_from_at, valid_to_at, ts)

    )

    select
        quote_id,
        signed_quote_id,
        landing_id,
        is_resigned,
        told_by,
        valid_from_at,
        valid_to_at,
    from intervals;

-- The linter cannot parse this statement.
comment on macro held_at is 'Whether an interval held at that time.';  -- noqa: PRS
comment on macro last_until is 'The last delivery of an interval up to that time.';  -- noqa: PRS
comment on macro table milestones_as_of is 'Every milestone as it was at that time.';  -- noqa: PRS
comment on macro table tasks_as_of is 'Every task that its milestone had at that time, as it was.';  -- noqa: PRS
comment on macro table sub_tasks_as_of is 'Every sub_task that its task had at that time, as it was.';  -- noqa: PRS
comment on macro table documents_as_of is 'Every document that its sub_task had at that time, as it was.';  -- noqa: PRS
comment on macro table comments_as_of is 'Every comment written by that time, with its newest text.';  -- noqa: PRS
comment on macro table quotes_as_of is 'The quote signed at that time for every original quote.';  -- noqa: PRS
