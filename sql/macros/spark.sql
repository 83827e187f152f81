-- Functions that differ between DuckDB and Spark; the models call these, so that their SQL is the same for both
-- engines. Spark's own SQL functions hold no aggregate, so `spark/dialect.py` expands these in the text of a model. A
-- function that is missing here and in `duckdb.sql` means the same in both engines.
create or replace temp macro epoch_us(time) as unix_micros(cast(time as timestamp_ltz));
create or replace temp macro seconds_between(earlier, later) as (epoch_us(later) - epoch_us(earlier)) / 1e6;
create or replace temp macro id_of_place(file, line) as
regexp_replace(md5(concat(file, ' line ', line)), '^(.{8})(.{4})(.{4})(.{4})', '$1-$2-$3-$4-');
create or replace temp macro setting(name) as (
    select max(settings.value) from staging.settings as settings
    where settings.name = name
);
-- Java's $ also matches before a line break at the end.
create or replace temp macro matches(string, pattern) as regexp_like(string, replace(pattern, '$', '\z'));
create or replace temp macro starts_with(string, beginning) as startswith(string, beginning);
-- As far from all dates as Spark's literals allow.
create or replace temp macro minus_infinity() as cast('-200000-01-01' as timestamp_ntz);
create or replace temp macro infinity() as cast('+200000-01-01' as timestamp_ntz);
-- Of all NULLs, Spark's hash is that of nothing, so it would not see a value that moves to the next column.
create or replace temp macro fingerprint(content) as
xxhash64(to_json(named_struct('content', content), map('timestampNTZFormat', 'yyyy-MM-dd HH:mm:ss.SSSSSS')));
-- DuckDB leaves out rows whose value is NULL.
create or replace temp macro max_by(value, rank) as max_by(value, case when value is not null then rank end);
create or replace temp macro min_by(value, rank) as min_by(value, case when value is not null then rank end);
create or replace temp macro all_in_order(value, rank) as
transform(
    array_sort(collect_list(case when rank is not null then named_struct('rank', rank, 'value', value) end)),
    x -> x.value
);
create or replace temp macro joined_in_order(string, separator, rank) as
array_join(
    transform(
        array_sort(collect_list(named_struct('is_last', rank is null, 'rank', rank, 'value', string))), x -> x.value
    ),
    separator
);
create or replace temp macro is_in_part(id) as true;
create or replace temp macro list_of(value) as array(value);
create or replace temp macro last_of(list) as element_at(list, -1);
create or replace temp macro array_of(
    a, b := null, c := null, d := null, e := null, f := null, g := null, h := null, i := null,
    j := null, k := null, l := null, m := null, n := null, o := null, p := null, q := null, r := null,
    s := null, t := null, u := null, v := null, w := null, x := null, y := null, z := null
) as array(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z);
create or replace temp macro changed_field(name, old, new) as
named_struct('field', name, 'old_value', old, 'new_value', new);
create or replace temp macro change(field, old, new) as
case when old is distinct from new then changed_field(field, cast(old as string), cast(new as string)) end;
