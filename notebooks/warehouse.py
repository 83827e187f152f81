"""A notebook on the published warehouse: the cookbook, plots, the state at a past date, and your own queries."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Sighten Warehouse")


@app.cell
def _():
    import altair as alt
    import marimo as mo

    from sighten_warehouse import open_warehouse
    from sighten_warehouse.dictionary.cookbook import recipes

    return alt, mo, open_warehouse, recipes


@app.cell
def _(mo, open_warehouse):
    warehouse = open_warehouse()
    _counted = "select (select count(*) from milestones) as milestones, count(*) as deliveries from ops.deliveries"
    (_counts,) = warehouse.arrow(_counted).to_pylist()
    mo.md(f"""
    # The warehouse

    `{warehouse.path}`, version `{warehouse.version}`: **{_counts["milestones"]:,} milestones** from
    {_counts["deliveries"]:,} deliveries. Personal data: `{warehouse.pii}` (SIGHTEN_PII). Run this cell again to open
    a newer version.
    """)
    return (warehouse,)


@app.cell
def _(mo, recipes):
    cookbook = {recipe.question: recipe for recipe in recipes()}
    question = mo.ui.dropdown(options=list(cookbook), value=next(iter(cookbook)), label="Question", full_width=True)
    mo.vstack([mo.md("## The cookbook"), question])
    return cookbook, question


@app.cell
def _(cookbook, mo, question, warehouse):
    recipe = cookbook[question.value]
    answer = warehouse.frame(recipe.sql)
    mo.vstack([mo.md(recipe.note), mo.md(f"```sql\n{recipe.sql}\n```"), mo.ui.table(answer, selection=None)])
    return (answer,)


@app.cell
def _(alt, mo, warehouse):
    times = warehouse.frame("""
        select
            submitted_month,
            milestones,
            approved,
            open,
            p50_seconds / 86400 as p50_days,
            p90_seconds / 86400 as p90_days
        from marts.approval_times_by_month
        order by submitted_month
    """)
    _base = alt.Chart(times).encode(x=alt.X("yearmonth(submitted_month):O", title="month of first submit"))
    _tooltip = ["submitted_month", "milestones", "approved", "open", "p50_days", "p90_days"]
    _band = (
        _base.transform_filter("isValid(datum.p90_days)")
        .mark_bar(opacity=0.25)
        .encode(y=alt.Y("p50_days", title="days to approval"), y2="p90_days")
    )
    _line = _base.mark_line(point=True).encode(y="p50_days", tooltip=_tooltip)
    approval_times = (_band + _line).properties(width="container", height=260)
    mo.vstack(
        [
            mo.md("""
            ## Time to approval

            The line is the median; the bars reach to the 90th percentile. Milestones still open are
            included; there is no bar while too many of them are open.
            """),
            approval_times,
        ]
    )
    return approval_times, times


@app.cell
def _(alt, mo, warehouse):
    pending = warehouse.frame("""
        select
            coalesce(organization_name, 'none') as organization,
            age_band,
            count(*) as milestones,
            min(age_seconds) as age
        from marts.pending_ageing
        group by all
        order by age
    """)
    _bands = list(dict.fromkeys(pending["age_band"]))
    pending_ageing = (
        alt.Chart(pending)
        .mark_bar()
        .encode(
            x=alt.X("sum(milestones)", title="milestones"),
            y=alt.Y("organization", sort="-x", title=None),
            color=alt.Color("age_band", sort=_bands, title="pending for"),
            tooltip=["organization", "age_band", "milestones"],
        )
        .properties(width="container")
    )
    mo.vstack([mo.md("## Pending milestones"), pending_ageing])
    return pending, pending_ageing


@app.cell
def _(mo, warehouse):
    _days = warehouse.frame("select cast(event_at as date) as day from marts.milestone_events order by day")["day"]
    when = mo.ui.date(value=_days.iloc[len(_days) // 2].date(), label="State at the beginning of")
    mo.vstack([mo.md("## State at a past date"), when])
    return (when,)


@app.cell
def _(mo, warehouse, when):
    with warehouse.as_of(when.value.isoformat()) as _then:
        looked_back = _then.frame("select status, count(*) as milestones from milestones group by all order by all")
    mo.ui.table(looked_back, selection=None)
    return (looked_back,)


@app.cell
def _(mo):
    own_question = mo.ui.code_editor(
        value="select event, count(*) as events from marts.milestone_events group by all order by all",
        language="sql",
    )
    mo.vstack([mo.md("## Your own query"), own_question])
    return (own_question,)


@app.cell
def _(mo, own_question, warehouse):
    own_answer = warehouse.frame(own_question.value)
    mo.ui.table(own_answer, selection=None)
    return (own_answer,)


if __name__ == "__main__":
    app.run()
