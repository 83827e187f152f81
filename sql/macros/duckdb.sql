-- The words in which DuckDB differs from the other engine; the models use these and are one text for both.
create or replace temp macro explode(list) as unnest(list);
create or replace temp macro seconds_between(earlier, later) as (epoch_us(later) - epoch_us(earlier)) / 1000000.0;
create or replace temp macro id_of_place(file, line) as cast(cast(md5(file || ' line ' || line) as uuid) as text);
create or replace temp macro setting(name) as getvariable(name);
create or replace temp macro matches(string, pattern) as regexp_matches(string, pattern);
create or replace temp macro percentile(number, share) as quantile_cont(number, share);
