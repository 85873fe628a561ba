"""A hostile class, graded once: nobody gains a point, leaks a byte of a solution or hidden test, or changes another's score."""

import json
import os
import re
import socket
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from grading_class import ASSIGNMENT, fixture_lessons, hand_in, make_course, notebook, result_of, scores, with_cell
from hostile.attacks import ATTACKS, FULL, NOTHING

from grader.classroom import course_folder, grade
from grader.lesson import read
from grader.lesson.cells import ROOT
from grader.sandbox import doctor
from grader.sandbox.limits import Limits

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(doctor.best_level()[0] < 1, reason=f"no sandbox here: {doctor.best_level()[1]}")]
LIMITS = Limits(cell=4, call=2, check=12, submission=60, memory=700 << 20, disk=64 << 20, replays=4)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The class, graded: course folder, what a listening server heard, the canary file."""
    folder = tmp_path_factory.mktemp("hostile") / "class"
    canary = folder.parent / "canary.txt"
    canary.write_text("untouched")
    with fixture_lessons(), socket.socket() as server, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        datagrams.bind(("127.0.0.1", port))
        make_course(folder)
        places = (read.SOLUTIONS, ROOT / "grader", ROOT / "solutions", folder, folder / "source", folder / "submitted", canary)
        known = (f"CANARY = {str(canary)!r}; GRADEBOOK = {str(folder / 'gradebook.db')!r}; PORT = {port}; "
                 f"PATHS = {[str(p) for p in places]!r}\n")
        for attack in ATTACKS:
            made = attack.raw
            if made is None:
                made = notebook(attack.answers, solved=attack.solved)
                if attack.cell:
                    with_cell(made, known + attack.cell, before="softmax")
                if attack.edit:
                    attack.edit(made)
            place = hand_in(folder, attack.name, made, attack.files)
        os.symlink(canary, place / "linked.txt")
        hand_in(folder, "a-good", notebook())
        hand_in(folder, "z-good", notebook())
        before = set(Path("/tmp").glob("pwned*"))
        summary = grade.grade(folder, ASSIGNMENT, jobs=2, limits=LIMITS)
        heard = []
        for end in (server, datagrams):
            end.setblocking(False)
            try:
                heard.append(end.accept() if end is server else end.recv(100))
            except BlockingIOError:
                pass
        assert not set(Path("/tmp").glob("pwned*")) - before
        yield {"folder": folder, "summary": summary, "scores": scores(folder), "heard": heard, "canary": canary}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.name)
def test_an_attack_earns_what_its_work_is_worth_and_learns_nothing(hostile, attack):
    found = result_of(hostile["folder"], attack.name)
    told = json.dumps(found["lessons"], ensure_ascii=False) + json.dumps(found["notes"])
    got = hostile["scores"].get(attack.name, {})
    assert {k: v or 0.0 for k, v in got.items()} == (attack.earns if got else {}), told[:3000]
    shown = _shown_to_the_student(found)
    for secret in ("powers / powers.sum(axis", "torch.softmax(torch.tensor(scores)", "torch.cdist(torch.tensor(a)", "goal * 0.875",
                   "loss = -np.log"):
        assert secret not in shown, f"{attack.name} shows {secret!r}"
    assert not re.search(r"^LEAKED|[\"\s]LEAKED|: LEAKED", shown), shown[:2000]
    assert attack.says in told, f"{attack.says!r} is not in {told[:3000]}"


def test_there_are_at_least_forty():
    assert len({a.name for a in ATTACKS}) == len(ATTACKS) >= 40
    assert all(a.tries for a in ATTACKS) and all(a.earns in (NOTHING, FULL) or a.solved for a in ATTACKS)


def test_honest_students_beside_them_get_all_points(hostile):
    assert hostile["scores"]["a-good"] == hostile["scores"]["z-good"] == FULL


def test_every_submission_was_graded(hostile):
    graded = hostile["summary"].executed + hostile["summary"].unchanged
    assert graded == len(ATTACKS) + 2, hostile["summary"].problems


def test_the_server_heard_nothing(hostile):
    assert hostile["heard"] == []


def test_no_file_outside_was_changed_or_read(hostile):
    assert hostile["canary"].read_text() == "untouched"
    last = result_of(hostile["folder"], ATTACKS[-1].name)
    assert any("linked.txt is a link" in note for note in last["notes"])
    assert "untouched" not in json.dumps(last)


def test_no_process_is_left(hostile):
    left, deadline = ["?"], time.monotonic() + 20
    while left and time.monotonic() < deadline:
        left = [p for p in Path("/proc").iterdir() if p.name.isdigit() and _user(p) in range(61_000, 65_100)]
        time.sleep(0.1)
    assert not left


def test_feedback_runs_no_script_and_shows_no_hidden_test(hostile):
    api = course_folder.api_of(hostile["folder"])
    for student in ("script", "always-equal"):
        done = api.generate_feedback(ASSIGNMENT, student, force=True)
        assert done["success"], done["log"]
        page = (hostile["folder"] / "feedback" / student / ASSIGNMENT / "practice.html").read_text()
        active = _Active()
        active.feed(page)
        assert active.found == []
        assert "torch.tensor(scores)" not in page and "goal * 0.875" not in page
        assert "Not yet: softmax" in page


class _Active(HTMLParser):
    """What would run in a browser, apart from the scripts of the page itself (MathJax and its settings)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list = []
        self.script = False

    def handle_starttag(self, tag, attributes):
        self.script = tag == "script"
        bad = [f"{k}={v}" for k, v in attributes
               if k.startswith("on") or (v or "").strip().lower().startswith(("javascript:", "data:text"))]
        self.found += bad + ([tag] if tag in ("iframe", "object", "embed") else [])

    def handle_data(self, data):
        if self.script and "alert" in data:
            self.found.append(data)

    def handle_endtag(self, tag):
        self.script = False


def _shown_to_the_student(found: dict) -> str:
    parts = []
    for lesson in found["lessons"].values():
        for cell in lesson["notebook"]["cells"]:
            parts += [json.dumps(o, ensure_ascii=False) if "data" in o else o.get("text", "") + o.get("evalue", "")
                      for o in cell.get("outputs", [])]
            if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("grade"):
                parts.append(cell["source"])
        parts += lesson["events"] + lesson["mended"]
    return "\n".join(parts)


def _user(process: Path) -> int:
    try:
        return process.stat().st_uid
    except OSError:
        return -1
