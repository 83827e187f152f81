-- As-of queries for readers of the published file: `from milestones_as_of(timestamp '2018-09-01')`. Each selects the
-- intervals of history that held at that time, with the last snapshot in that state by then.
create macro held_at(valid_from_at, valid_to_at, ts) as
(valid_from_at is null or valid_from_at <= ts) and (valid_to_at is null or valid_to_at > ts);

-- The last rank of the list up to `rank`: usually the last of all, else the one before the position where `rank + 1`
-- sorts in. A lambda would be simpler, but its syntax differs between versions of DuckDB.
create macro last_until(ranks, rank) as
case
    when ranks[-1] <= rank then ranks[-1]
    else ranks[list_position(list_sort(list_append(ranks, rank + 1)), rank + 1) - 1]
end;

create macro milestones_as_of(ts) as table
    with intervals as (

        select * from history.milestone_intervals
        where held_at(valid_from_at, valid_to_at, ts)

    ), snapshots as (

        select * from ops.snapshots
        where not is_duplicate and (watermark_at is null or watermark_at <= ts)

    ), newest as (

        select max(snapshot_rank) as snapshot_rank from snapshots

    ), states as (

        select
            intervals.*,
            last_until(intervals.snapshot_ranks, newest.snapshot_rank) as snapshot_rank,
        from intervals
        cross join newest

    )

    select
        states.milestone_id as milestone_id,
        snapshots.landing_id as landing_id,
        states.each_milestone_column as each_milestone_column,
        snapshots.watermark_at as watermark_at,
        snapshots.received_at as received_at,
        states._rescued as _rescued,
    from states
    inner join snapshots using (snapshot_rank);

create macro tasks_as_of(ts) as table
    with intervals as (

        select * from history.task_intervals
        where held_at(valid_from_at, valid_to_at, ts)

    ), snapshots as (

        select * from ops.snapshots
        where not is_duplicate and (watermark_at is null or watermark_at <= ts)

    ), newest as (

        select max(snapshot_rank) as snapshot_rank from snapshots

    ), states as (

        select
            intervals.*,
            last_until(intervals.snapshot_ranks, newest.snapshot_rank) as snapshot_rank,
        from intervals
        cross join newest

    )

    select
        states.task_id as task_id,
        states.milestone_id as milestone_id,
        snapshots.landing_id as landing_id,
        states.each_task_column as each_task_column,
        snapshots.received_at as received_at,
        states._rescued as _rescued,
    from states
    inner join snapshots using (snapshot_rank);

create macro sub_tasks_as_of(ts) as table
    with intervals as (

        select * from history.sub_task_intervals
        where held_at(valid_from_at, valid_to_at, ts)

    ), snapshots as (

        select * from ops.snapshots
        where not is_duplicate and (watermark_at is null or watermark_at <= ts)

    ), newest as (

        select max(snapshot_rank) as snapshot_rank from snapshots

    ), states as (

        select
            intervals.*,
            last_until(intervals.snapshot_ranks, newest.snapshot_rank) as snapshot_rank,
        from intervals
        cross join newest

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
    inner join snapshots using (snapshot_rank);

create macro documents_as_of(ts) as table
    with intervals as (

        select * from history.document_intervals
        where held_at(valid_from_at, valid_to_at, ts)

    ), snapshots as (

        select * from ops.snapshots
        where not is_duplicate and (watermark_at is null or watermark_at <= ts)

    ), newest as (

        select max(snapshot_rank) as snapshot_rank from snapshots

    ), states as (

        select
            intervals.*,
            last_until(intervals.snapshot_ranks, newest.snapshot_rank) as snapshot_rank,
        from intervals
        cross join newest

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
    inner join snapshots using (snapshot_rank);

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
comment on macro last_until is 'The last snapshot of an interval up to that rank.';  -- noqa: PRS
comment on macro table milestones_as_of is 'Every milestone as it was at that time.';  -- noqa: PRS
comment on macro table tasks_as_of is 'Every task that its milestone had at that time, as it was.';  -- noqa: PRS
comment on macro table sub_tasks_as_of is 'Every sub_task that its task had at that time, as it was.';  -- noqa: PRS
comment on macro table documents_as_of is 'Every document that its sub_task had at that time, as it was.';  -- noqa: PRS
comment on macro table comments_as_of is 'Every comment written by that time, with its newest text.';  -- noqa: PRS
comment on macro table quotes_as_of is 'The quote signed at that time for every original quote.';  -- noqa: PRS
