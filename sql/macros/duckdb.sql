-- Functions that differ between DuckDB and Spark; the models call these, so that their SQL is the same for both
-- engines.
create or replace temp macro explode(list) as unnest(list);
create or replace temp macro seconds_between(earlier, later) as (epoch_us(later) - epoch_us(earlier)) / 1e6;
create or replace temp macro id_of_place(file, line) as cast(cast(md5(file || ' line ' || line) as uuid) as text);
create or replace temp macro setting(name) as getvariable(name);
create or replace temp macro matches(string, pattern) as regexp_matches(string, pattern);
create or replace temp macro percentile(number, share) as quantile_cont(number, share);
create or replace temp macro minus_infinity() as timestamp '-infinity';
create or replace temp macro infinity() as timestamp 'infinity';
-- Whether the row is of the part that is computed now; publish computes a model that calls this part by part.
create or replace temp macro is_in_part(id) as
hash(id) % coalesce(getvariable('parts'), 1) = coalesce(getvariable('part'), 0);
create or replace temp macro fingerprint(content) as hash(content);
create or replace temp macro all_in_order(value, rank) as list(value order by rank) filter (where rank is not null);
create or replace temp macro joined_in_order(string, separator, rank) as string_agg(string, separator order by rank);
create or replace temp macro list_of(value) as [value];
create or replace temp macro last_of(list) as list[-1];
create or replace temp macro array_of(
    a, b := null, c := null, d := null, e := null, f := null, g := null, h := null, i := null,
    j := null, k := null, l := null, m := null, n := null, o := null, p := null, q := null, r := null,
    s := null, t := null, u := null, v := null, w := null, x := null, y := null, z := null
) as [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z];
create or replace temp macro changed_field(name, old, new) as
struct_pack(field := name, old_value := old, new_value := new);
create or replace temp macro change(field, old, new) as
case when old is distinct from new then changed_field(field, cast(old as string), cast(new as string)) end;
