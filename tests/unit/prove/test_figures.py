from pathlib import Path

from prove.figures import Figures, read_figures, write_figures
from prove.page import write_html, write_markdown
from prove.sections import sections, verdict

HELD = Figures(
    lives=1,
    kills={"loader, SIGKILL at a point": 2},
    points={"loader: before write in a": 2, "loader: after write in a": 0},
)


def broken() -> Figures:
    figures = Figures(lives=2, lost=1, acknowledged=5, kills={"loader, SIGKILL at a point": 1})
    figures.breaks("nothing is lost", "1 lost: <id>", Path("evidence"))
    return figures


def test_the_figures_of_runs_add_up_and_are_kept(tmp_path: Path) -> None:
    write_figures(tmp_path / "figures.json", HELD + broken())

    kept = read_figures(tmp_path / "figures.json")
    assert (3, 3, 1, 5) == (kept.lives, kept.killed, kept.lost, kept.acknowledged)
    assert ["nothing is lost"] == [found.promise for found in kept.broken]
    assert Figures() == read_figures(tmp_path / "none.json")


def test_the_report_says_whether_every_promise_held() -> None:
    assert "2 kills" in verdict(HELD)
    assert verdict(HELD).endswith("every promise held.")
    assert verdict(broken()).endswith("1 promise broke.")
    assert ["Promises", "Kills", "Points: 1 of 2 struck"] == [
        section.title for section in sections(HELD, lists_points=True)
    ]


def test_page_and_markdown_show_what_broke_and_where_the_evidence_is(tmp_path: Path) -> None:
    write_html(tmp_path / "page.html", broken())
    write_markdown(tmp_path / "page.md", broken())

    assert "<td>1 lost: &lt;id&gt;<td>evidence" in (tmp_path / "page.html").read_text()
    assert "|nothing is lost|1 lost: <id>|evidence|" in (tmp_path / "page.md").read_text()
