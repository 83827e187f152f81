-- Download state of every document with at least one attempt, and the time of the next attempt.
-- grain: document_id
-- inputs: history.downloads
-- replaced by: document_id
-- A stored document stays stored, whatever later attempts return, until it is found damaged or is erased. An erased one
-- is not tried again. The wait doubles with each failed attempt: from 15 minutes to a day if the network can be the
-- cause, else from an hour to a week.
with downloads as (

    select * from history.downloads

), last_damages as (

    select
        document_id,
        max(downloaded_at) as damaged_at,
    from downloads
    where download_status in ('damaged', 'erased')
    group by document_id

), classified as (

    select
        downloads.*,
        downloads.download_status = 'stored'
        and (last_damages.damaged_at is null or downloads.downloaded_at > last_damages.damaged_at) as is_stored,
        last_damages.damaged_at is null or downloads.downloaded_at > last_damages.damaged_at as is_since_damage,
    from downloads
    left join last_damages using (document_id)

), ranked as (

    select
        *,
        row_number() over (
            partition by document_id
            order by is_stored desc, downloaded_at desc, landing_id desc
        ) as recency,
        count(*) over (partition by document_id) as attempts,
        sum(case when is_since_damage then 1 else 0 end) over (partition by document_id) as attempts_in_vain,
    from classified

), doubled as (

    select
        *,
        cast(power(2, least(attempts_in_vain, 12) - 1) as bigint) as doublings,
    from ranked
    where recency = 1

), waits as (

    select
        *,
        case
            when download_status in ('truncated', 'wrong_hash', 'empty', 'unreachable')
                then least(900 * doublings, 86400)
            else least(3600 * doublings, 604800)
        end as wait_seconds,
    from doubled

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
    attempts,
    downloaded_at,
    case
        when download_status in ('stored', 'erased') then null
        when download_status = 'damaged' then downloaded_at
        else downloaded_at + interval '1' second * wait_seconds
    end as next_attempt_at,
from waits
