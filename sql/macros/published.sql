-- What was current at a time, for whoever reads the published file: `from milestones_as_of(timestamp '2018-09-01')`.
-- They follow the rules of sql/current, from the snapshots with a watermark up to that time, or without any.
create macro milestones_as_of(ts) as table
    with milestones as (

        select * from history.milestone_states

    ), snapshots as (

        select * from ops.snapshots
        where kind = 'milestone' and not is_duplicate and (watermark_at is null or watermark_at <= ts)

    ), newest as (

        select
            milestone_id,
            max_by(landing_id, snapshot_rank) as landing_id,
        from snapshots
        group by milestone_id

    )

    select
        milestones.milestone_id as milestone_id,
        milestones.landing_id as landing_id,
        milestones.name as name,
        milestones.alias as alias,
        milestones.description as description,
        milestones.status as status,
        milestones.site_id as site_id,
        milestones.quote_id as quote_id,
        milestones.workflow_id as workflow_id,
        milestones.contract_id as contract_id,
        milestones.milestone_definition_id as milestone_definition_id,
        milestones.assigned_to_user_id as assigned_to_user_id,
        milestones.ready_to_submit as ready_to_submit,
        milestones.task_count as task_count,
        milestones.pending_task_count as pending_task_count,
        milestones.ready_task_count as ready_task_count,
        milestones.approved_task_count as approved_task_count,
        milestones.rejected_task_count as rejected_task_count,
        milestones.date_updated as date_updated,
        milestones.watermark_at as watermark_at,
        milestones.received_at as received_at,
        milestones._rescued as _rescued,
    from milestones
    inner join newest using (milestone_id, landing_id);

create macro tasks_as_of(ts) as table
    with tasks as (

        select * from history.task_states

    ), snapshots as (

        select * from ops.snapshots
        where not is_duplicate and (watermark_at is null or watermark_at <= ts)

    ), newest as (

        select
            tasks.task_id as task_id,
            max_by(tasks.landing_id, snapshots.snapshot_rank) as landing_id,
            max(snapshots.snapshot_rank) as snapshot_rank,
        from tasks
        inner join snapshots using (landing_id)
        group by tasks.task_id

    ), told as (

        select
            tasks.task_id as task_id,
            tasks.milestone_id as milestone_id,
            max_by(
                tasks.position, case when tasks.position is not null then snapshots.snapshot_rank end
            ) as position,
            max_by(
                tasks.task_definition_id,
                case when tasks.task_definition_id is not null then snapshots.snapshot_rank end
            ) as task_definition_id,
            max_by(
                tasks.approver_user_id,
                case when tasks.approver_user_id is not null then snapshots.snapshot_rank end
            ) as approver_user_id,
        from tasks
        inner join snapshots using (landing_id)
        group by tasks.task_id, tasks.milestone_id

    ), complete_lists as (

        select
            milestone_id,
            max(snapshot_rank) as snapshot_rank,
        from snapshots
        where tasks_complete
        group by milestone_id

    )

    select
        tasks.task_id as task_id,
        tasks.milestone_id as milestone_id,
        tasks.landing_id as landing_id,
        told.position as position,
        tasks.name as name,
        tasks.description as description,
        tasks.status as status,
        tasks.assigned_to_user_id as assigned_to_user_id,
        told.task_definition_id as task_definition_id,
        told.approver_user_id as approver_user_id,
        tasks.received_at as received_at,
        tasks._rescued as _rescued,
    from tasks
    inner join newest using (task_id, landing_id)
    inner join told
        on tasks.task_id = told.task_id and tasks.milestone_id is not distinct from told.milestone_id
    left join complete_lists on tasks.milestone_id = complete_lists.milestone_id
    where newest.snapshot_rank >= coalesce(complete_lists.snapshot_rank, 0);

create macro sub_tasks_as_of(ts) as table
    with sub_tasks as (

        select * from history.sub_task_states

    ), tasks_then as (

        select * from history.tasks

    ), tasks_now as (

        select * from tasks_as_of(ts)

    ), snapshots as (

        select * from ops.snapshots
        where not is_duplicate and (watermark_at is null or watermark_at <= ts)

    ), newest as (

        select
            sub_tasks.sub_task_id as sub_task_id,
            max_by(sub_tasks.landing_id, snapshots.snapshot_rank) as landing_id,
            max(snapshots.snapshot_rank) as snapshot_rank,
        from sub_tasks
        inner join snapshots using (landing_id)
        group by sub_tasks.sub_task_id

    ), complete_lists as (

        select
            tasks_then.task_id as task_id,
            max(snapshots.snapshot_rank) as snapshot_rank,
        from tasks_then
        inner join snapshots using (landing_id)
        where tasks_then.sub_tasks_complete
        group by tasks_then.task_id

    )

    select
        sub_tasks.sub_task_id as sub_task_id,
        sub_tasks.task_id as task_id,
        tasks_now.milestone_id as milestone_id,
        sub_tasks.landing_id as landing_id,
        sub_tasks.position as position,
        sub_tasks.label as label,
        sub_tasks.instructions as instructions,
        sub_tasks.category as category,
        sub_tasks.status as status,
        sub_tasks.document_status as document_status,
        sub_tasks.required as required,
        sub_tasks.data as data,
        sub_tasks.is_checked as is_checked,
        sub_tasks.received_at as received_at,
        sub_tasks._rescued as _rescued,
    from sub_tasks
    inner join newest using (sub_task_id, landing_id)
    inner join tasks_now using (task_id)
    left join complete_lists using (task_id)
    where newest.snapshot_rank >= coalesce(complete_lists.snapshot_rank, 0);

create macro documents_as_of(ts) as table
    with documents as (

        select * from history.documents

    ), sub_tasks_then as (

        select * from history.sub_tasks

    ), sub_tasks_now as (

        select * from sub_tasks_as_of(ts)

    ), snapshots as (

        select * from ops.snapshots
        where not is_duplicate and (watermark_at is null or watermark_at <= ts)

    ), newest as (

        select
            documents.document_id as document_id,
            max_by(documents.landing_id, snapshots.snapshot_rank) as landing_id,
            max(snapshots.snapshot_rank) as snapshot_rank,
        from documents
        inner join snapshots using (landing_id)
        group by documents.document_id

    ), complete_lists as (

        select
            sub_tasks_then.sub_task_id as sub_task_id,
            max(snapshots.snapshot_rank) as snapshot_rank,
        from sub_tasks_then
        inner join snapshots using (landing_id)
        where sub_tasks_then.documents_complete
        group by sub_tasks_then.sub_task_id

    )

    select
        documents.document_id as document_id,
        documents.sub_task_id as sub_task_id,
        sub_tasks_now.task_id as task_id,
        sub_tasks_now.milestone_id as milestone_id,
        documents.landing_id as landing_id,
        documents.position as position,
        documents.name as name,
        documents.creation_type as creation_type,
        documents.document_type as document_type,
        documents.document_group_id as document_group_id,
        documents.date_created as date_created,
        documents.stale as stale,
        documents.received_at as received_at,
        documents._rescued as _rescued,
    from documents
    inner join newest using (document_id, landing_id)
    inner join sub_tasks_now using (sub_task_id)
    left join complete_lists using (sub_task_id)
    where newest.snapshot_rank >= coalesce(complete_lists.snapshot_rank, 0);

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
        position,
        comment,
        commentor,
        commentor_first_name,
        commentor_last_name,
        commentor_id,
        comment_type,
        private,
        thread,
        timestamp,
        last_updated,
        received_at,
        _rescued,
    from comments;

create macro quotes_as_of(ts) as table
    with intervals as (

        select * from history.quote_intervals
        where (valid_from_at is null or valid_from_at <= ts) and (valid_to_at is null or valid_to_at > ts)

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

-- The linter does not know this statement.
comment on macro table milestones_as_of is 'Every milestone as it was at that time.';  -- noqa: PRS
comment on macro table tasks_as_of is 'Every task that its milestone had at that time, as it was.';  -- noqa: PRS
comment on macro table sub_tasks_as_of is 'Every sub_task that its task had at that time, as it was.';  -- noqa: PRS
comment on macro table documents_as_of is 'Every document that its sub_task had at that time, as it was.';  -- noqa: PRS
comment on macro table comments_as_of is 'Every comment written by that time, with its newest text.';  -- noqa: PRS
comment on macro table quotes_as_of is 'The quote that was signed at that time for every original quote.';  -- noqa: PRS
