"""`python -m docsite`: stage the pages, let Zensical build them into site/, and check what it built."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from docsite.built import problems_of
from docsite.stage import DocsError, stage

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "site"
NOTEBOOK = ROOT / "build/notebook"  # what `make notebook-page` wrote, if it ran
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def build(folder: Path) -> tuple[Path, list[str]]:
    """Build the site below `folder`; returns where it is, and the pages of the repository that it shows.

    Raises `DocsError`.
    """
    here = Path(__file__).parent
    pages = folder / "pages"
    shutil.copytree(here / "theme", folder / "theme")
    shutil.copytree(here / "assets", pages)
    shutil.copyfile(here / "zensical.toml", folder / "zensical.toml")
    shutil.copyfile(here / "nav.yml", pages / ".nav.yml")
    # Only this file of the package is used: Mermaid itself, as its makers built it.
    shutil.copyfile(str(distribution("mermaidx").locate_file("mermaidx/assets/mermaid.js")), pages / "mermaid.js")
    shown = stage(ROOT, pages)
    if NOTEBOOK.exists():
        shutil.copytree(NOTEBOOK, pages / "notebook")
        with (pages / "docs/notebook.md").open("a", encoding="utf-8") as page:
            page.write("\n[The notebook as a page, on simulated data](../notebook/index.html)\n")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise DocsError(_COLOUR.sub("", ran.stderr).partition("Traceback")[0])
    (folder / "built/404.html").unlink()  # it would have to know the site's address
    return folder / "built", shown


def main() -> None:
    """Write site/; on the first problem keep the one before, say what is wrong and where, and exit with 1."""
    with TemporaryDirectory() as folder:
        try:
            built, pages = build(Path(folder))
            problems = problems_of(built, pages)
        except DocsError as error:
            problems = [str(error)]
        if problems:
            sys.exit("\n".join(problems))
        shutil.rmtree(SITE, ignore_errors=True)
        shutil.copytree(built, SITE)
    sys.stdout.write(f"{len(pages)} pages: {SITE / 'index.html'}\n")


if __name__ == "__main__":
    main()
