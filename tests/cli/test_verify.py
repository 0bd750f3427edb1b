"""``normtheory verify``: exit codes, the ledger's text, JSON, and Ctrl-C."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool

import pytest
from imagined import imagined
from patience import until
from ran import ran

from normtheory.claims import ledger
from normtheory.claims.perturb import Perturbation
from normtheory.cli import main

QUICK = "vcl.variance-constraint"


@pytest.fixture
def claims(monkeypatch):
    """Stand-ins for the documents' claims, changed by the test before it calls the command."""
    chosen = [imagined("vcl.first"), imagined("vcl.second"), imagined("selu.third")]
    monkeypatch.setattr(ledger, "claims", lambda document=None: tuple(chosen))
    return chosen


def without_seconds(text):
    return re.sub(r" *[\d.]+ s$", "", text, flags=re.MULTILINE)


def test_a_ledger_that_is_supported(claims, capsys):
    assert main(["verify", "--jobs", "1"]) == 0
    assert without_seconds(capsys.readouterr().out) == (
        f"vcl: {ledger.DOCUMENTS['vcl']}\n"
        "  vcl.first   holds      numeric\n"
        "  vcl.second  holds      numeric\n"
        "  holds 2\n"
        "\n"
        f"selu: {ledger.DOCUMENTS['selu']}\n"
        "  selu.third  holds      numeric\n"
        "  holds 1\n"
        "\n"
        "3 claims: holds 3.\n"
        "Every check supports its verdict and refuses its wrong answers.\n"
    )


def test_evidence_that_fails_is_named(claims, capsys):
    claims[1] = imagined("vcl.second", claimed=3)
    assert main(["verify", "--jobs", "1"]) == 1
    out = capsys.readouterr().out
    assert "    FAILED numeric: one and one are two: 1 + 1 = 3\n" in out
    assert out.endswith("NOT SUPPORTED by the evidence (1 of 3 claims): vcl.second\n")


def test_a_check_that_accepts_its_mutant_supports_nothing(claims, capsys):
    claims[2] = imagined("selu.third", check=lambda two: (True, "fine"))
    assert main(["verify", "--jobs", "1"]) == 1
    assert "    MUTANT ACCEPTED by numeric: two + 1; two - 1\n" in capsys.readouterr().out


def test_a_check_that_raises_fails_and_stops_no_other(claims, capsys):
    claims[0] = imagined("vcl.first", check=lambda two: 1 / 0)
    assert main(["verify", "--jobs", "1"]) == 1
    assert "raised ZeroDivisionError" in capsys.readouterr().out


def test_one_claim_in_full(claims, capsys):
    claims[0] = imagined(
        "vcl.first",
        verdict="refuted",
        counterexample="$1+1=10$ in binary.",
        range="For every finger.",
        derivation="Count.",
    )
    assert main(["verify", "vcl.first", "--explain"]) == 0
    out = capsys.readouterr().out
    for part in (
        "vcl.first: refuted",
        "Eq. 0",
        "The document says\n  $1+1=2$",
        "Counterexample\n  - $1+1=10$ in binary.\n      numeric, passed: 1 + 1 = 2\n"
        "      wrong answers refused: two + 1; two - 1\n",
        "Range\n  - For every finger.\n",
        "Derivation\n   1. Count.\n",
        "  - n: fingers, in (0, 10), default 2",
    ):
        assert part in out


def test_list_names_the_claims_without_running_them(claims, capsys):
    claims[0] = imagined("vcl.first", check=lambda two: pytest.fail("it ran"))
    assert main(["verify", "--list", "vcl.*"]) == 0
    assert capsys.readouterr().out == "vcl.first   Eq. 0\nvcl.second  Eq. 0\n"


def test_json(claims, tmp_path, capsys):
    claims[1] = imagined("vcl.second", claimed=3)
    file = tmp_path / "ledger.json"
    assert main(["verify", "--jobs", "1", "--json", str(file)]) == 1
    first, second, third = json.loads(file.read_text())
    seconds = first.pop("seconds")
    assert 0 <= seconds < 10
    assert first == {
        "id": "vcl.first",
        "document": "vcl",
        "statement": "$1+1=2$",
        "verdict": "holds",
        "sentences": [
            {
                "role": "shown",
                "text": "one and one are two",
                "kind": "numeric",
                "passed": True,
                "detail": "1 + 1 = 2",
                "rejects_mutants": True,
            }
        ],
    }
    assert second["sentences"][0]["passed"] is False
    assert third["document"] == "selu"
    assert os.listdir(tmp_path) == ["ledger.json"]


def test_json_can_be_read_by_people(claims, tmp_path, capsys):
    claims[0] = imagined("vcl.first", lambda two: (two == 2, "σ = 1"))
    file = tmp_path / "ledger.json"
    assert main(["verify", "vcl.first", "--jobs", "1", "--json", str(file)]) == 0
    text = file.read_text(encoding="utf-8")
    assert '\n {\n  "id": "vcl.first",\n' in text and "σ = 1" in text and text.endswith("]\n")


def test_the_versioned_ledger_has_the_same_claims(claims, tmp_path, capsys):
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    assert main(["verify", "--jobs", "1", "--json", str(old), "--ledger", str(new)]) == 0
    found = json.loads(new.read_text())
    assert found["version"] == 1
    for one, other in zip(json.loads(old.read_text()), found["claims"], strict=True):
        del one["seconds"]
        assert other == one | {"source": "Eq. 0", "page": f"claims/{one['id']}.html"}


def test_the_default_is_the_master_seed_on_every_core_that_may_be_used(claims, monkeypatch, capsys):
    seen = []

    def none(ids, *, seed, workers):
        seen.append((seed, workers))
        return iter(())

    monkeypatch.setattr(ledger, "verify", none)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(7 if process == 0 else 1))
    assert main(["verify"]) == main(["verify", "--seed", "0", "--jobs", "1"]) == 0
    monkeypatch.delattr(os, "sched_getaffinity")
    for count in (5, None):
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        assert main(["verify", "--seed", "3"]) == 0
    assert seen == [(ledger.MASTER_SEED, 7), (0, 1), (3, 5), (3, 1)]


def test_a_worker_that_dies_supports_nothing(claims, monkeypatch, capsys):
    def die(ids, *, seed, workers):
        yield ledger.check(claims[0])
        raise BrokenProcessPool("killed")

    monkeypatch.setattr(ledger, "verify", die)
    assert main(["verify"]) == 1
    out, err = capsys.readouterr()
    assert "vcl.first" in out and "vcl.second" not in out
    assert "a process died" in err and "1 of 3 claims were finished" in err


def test_another_seed_gives_other_random_numbers(claims, capsys):
    claims[:] = [imagined("vcl.first", lambda two, *, rng: (two == 2, f"{rng.random():.6f}"))]

    def detail(*options):
        assert main(["verify", "--explain", *options]) == 0
        return without_seconds(capsys.readouterr().out)

    assert detail() == detail() != detail("--seed", "7") == detail("--seed", "7")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["verify", "vcl.frist"], "no claim is called 'vcl.frist'; the nearest is 'vcl.first'"),
        (["verify", "nothing*"], "no claim is called 'nothing*'"),
        (["verify", "--jobs", "0"], "jobs must be at least 1, got 0"),
        (["verify", "--jobs", "1025"], "jobs must be at most 1024, got 1025"),
        (["verify", "--seed", "-1"], "seed must be at least 0, got -1"),
        (["verify", "--json", "/no/such/folder/x"], "json must name a file in an existing folder"),
        (["verify", "--summary", os.devnull], "summary must name a file"),
        (["verify", "vcl.first", "--errata", "x.md"], "name no ids with them"),
        (["verify", "vcl.first", "--ledger", "x.json"], "name no ids with them"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(claims, capsys, arguments, told):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("normtheory verify: ")
    assert told in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["verify", "--jobs", "two"], ["verify", "--sed"], ["verfy"], []]
)
def test_unknown_options_and_commands_are_one_line_and_exit_2(capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_summary_replaces_what_stands_between_its_marks(claims, tmp_path, capsys):
    from normtheory.claims.report import summary
    from normtheory.cli.verify import BEGIN, END

    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert main(["verify", "--jobs", "1", "--summary", str(page)]) == 0
    assert page.read_text() == f"before\n{BEGIN}\n{summary(tuple(claims))}\n{END}\nafter\n"
    for wrong in ("no marks", BEGIN, END, f"{END}{BEGIN}"):
        page.write_text(wrong)
        assert main(["verify", "--jobs", "1", "--summary", str(page)]) == 2
        assert page.read_text() == wrong
    page.write_text(f"{BEGIN}\n{END}\n")
    assert main(["verify", "vcl.first", "--summary", str(page)]) == 2
    assert "name no ids with them" in capsys.readouterr().err


def test_what_no_check_can_notice_has_a_reason(capsys, monkeypatch):
    listed = Perturbation("vcl.phase-shift", "mixtures.directions", True, "")
    rows = [listed, listed._replace(id="vcl.few-modes"), listed._replace(noticed="equal")]
    assert [bool(each.reason) for each in rows] == [True, False, True]
    assert Perturbation("vcl.few-modes", "montecarlo.threshold", True, "").reason
    for row, code, told in zip(
        rows,
        (0, 1, 0),
        ("not to be noticed: a dir", "NOT NOTICED", "noticed by equal"),
        strict=True,
    ):
        monkeypatch.setattr("normtheory.claims.perturb.perturb", lambda *_, row=row: [row])
        assert main(["verify", "vcl.few-modes", "--perturb"]) == code
        assert told in capsys.readouterr().out


def test_the_real_command_prints_the_same_with_one_process_and_with_two(capsys):
    ids = QUICK, "vcl.two-point-minimizer"
    assert main(["verify", *ids, "--jobs", "1"]) == 0
    one = capsys.readouterr().out
    two = ran("-m", "normtheory", "verify", *ids, "--jobs", "2")
    assert (two.returncode, two.stderr) == (0, "")
    assert without_seconds(one) == without_seconds(two.stdout)
    assert QUICK in one


_SLOW = """
import multiprocessing, signal, sys, time
multiprocessing.set_start_method("fork")
# a process that a shell put into the background is born deaf to Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)
from normtheory.claims import Claim, ledger

def claim(id, seconds):
    made = Claim(id=id, source="", says="", verdict="holds")
    @made.shown("numeric")
    def count(two=2):
        "Two."
        if seconds:
            # in one piece: other processes write, too
            sys.stderr.write(f"begun {id}\\n")
        time.sleep(seconds)
        return two == 2, "two"
    return made

claims = (claim("vcl.quick", 0), claim("vcl.slow", 300), claim("vcl.slower", 300))
ledger.claims = lambda document=None: claims
real = ledger.verify
def told(*arguments, **options):
    for row in real(*arguments, **options):
        yield row
        sys.stderr.write(f"finished {row.id}\\n")
ledger.verify = told
from normtheory.cli import main
sys.exit(main(["verify", "--jobs", sys.argv[1]]))
"""


def is_gone(group):
    """Whether the last process of a group has ended."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.skipif(os.name == "nt", reason="process groups and signals are POSIX")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_stops_at_once_and_says_what_was_finished(jobs):
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW, jobs],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        # the first claim has been handed over, the others sleep
        told = {process.stderr.readline() for _ in range(1 + int(jobs))}
        begun = ["begun vcl.slow\n", "begun vcl.slower\n"][: int(jobs)]
        assert told == {"finished vcl.quick\n", *begun}
        os.killpg(process.pid, signal.SIGINT)
        until(lambda: process.poll() is not None, "the end", 5)
        out, err = process.communicate()
        assert process.returncode == 130
        assert "vcl.quick" in out
        assert "vcl.slow" not in out
        assert err == "interrupted: 1 of 3 claims were finished\n"
        until(lambda: is_gone(process.pid), "the end of the last worker", 5)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="CPU time of a child is POSIX")
def test_help_is_quick():
    def cpu_seconds():
        process = subprocess.Popen(
            [sys.executable, "-m", "normtheory", "--help"], stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return usage.ru_utime + usage.ru_stime

    assert min(cpu_seconds() for _ in range(3)) < 0.3
