"""The documents say what is so: their example is the lecture's own text, and what they link to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_exercise_that_is_explained_stands_in_the_lecture():
    page = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
    part = page.split("## One exercise, line by line")[1].split("\n## ")[0]
    lecture = re.sub(r"Exercise [\d.]+ · ", "Exercise · ",
                     (ROOT / "solutions" / "lectures" / "02_image_classification.py").read_text(encoding="utf-8"))
    cells = [cell.strip() for block in re.findall(r"```python\n(.*?)```", part, re.S) for cell in re.split(r"\n(?=# %%)", block)]
    assert len(cells) == 10
    for cell in cells:
        assert cell in lecture, f"docs/authoring.md shows what lecture 02 does not have:\n{cell}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.S))
    assert [link for link in links if not re.match(r"\w+:", link) and not (page.parent / link).exists()] == []
