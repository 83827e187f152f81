"""Exports the notebook as a static page that needs no other host: `python docs/notebook_page.py FOLDER`.

The folder then has `index.html` and, from the installed marimo, the scripts and fonts that the page loads.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks/warehouse.py"
BIN = Path(sys.executable).parent
ELSEWHERE = re.compile(r"https://cdn\.jsdelivr\.net/npm/@marimo-team/frontend@[^/\"]+/dist")
MILESTONES = "300"
# Pages of marimo's server, and the heaviest parts that no cell needs: Plotly, joint editing, a parser of SQL.
LEFT_OUT = ("*.html", "*.md", "Plot-*.js", "loro_wasm*", "node-sql-parser*")


def export(folder: Path) -> None:
    """Run the notebook on simulated data, and write its page into that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        env = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTEN_")}
        env["SIGHTEN_HOME"] = home
        demo: list[str | Path] = [BIN / "sighten-warehouse", "demo", "--milestones", MILESTONES]
        subprocess.run(demo, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        command: list[str | Path] = [BIN / "marimo", "export", "html", "--force", NOTEBOOK, "-o", folder / "index.html"]
        subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
        _keep_here(folder, home=home)


def _keep_here(folder: Path, *, home: str) -> None:
    """Load the page's scripts from its own folder, and leave out where this machine had its data."""
    page = folder / "index.html"
    text, replaced = ELSEWHERE.subn(".", page.read_text("utf-8"))
    if not replaced:
        raise SystemExit(f"{page}: no address of marimo's scripts, expected some that begin with {ELSEWHERE.pattern}")
    page.write_text(text.replace(home, "/srv/sighten"), "utf-8")
    scripts = str(files("marimo") / "_static")
    shutil.copytree(scripts, folder, ignore=shutil.ignore_patterns(*LEFT_OUT), dirs_exist_ok=True)


if __name__ == "__main__":
    export(Path(sys.argv[1]))
