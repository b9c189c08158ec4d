"""Completion of commands, options and values in bash, zsh and fish."""

import subprocess

import pytest

from harness.program import Program, clean_environment

mneme_alone = Program({})


@pytest.fixture
def completion(tmp_path):
    file = tmp_path / "completion.bash"
    file.write_text(mneme_alone("completion", "bash", expect=0).stdout)
    return file


MEMORY_VERBS = ["add", "get", "list", "hot", "update", "delete", "history", "access", "promote", "prioritize", "archive",
                "unarchive", "restore", "set-retention", "apply-retention"]


def complete(file, *words):
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mneme; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", file, "mneme", *words], capture_output=True, text=True,
                          timeout=30, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_and_values(completion):
    subprocess.run(["bash", "-n", completion], check=True, timeout=30)
    assert complete(completion, "mem") == ["memory"]
    assert complete(completion, "memory", "") == MEMORY_VERBS
    assert complete(completion, "--json", "memory", "up") == ["update"]
    assert complete(completion, "memory", "list", "--inc") == ["--include-expired", "--include-archived"]
    assert complete(completion, "memory", "add", "x", "--term", "") == ["short_term", "long_term"]
    assert complete(completion, "completion", "b") == ["bash"]
    assert complete(completion, "memory", "add", "--user", "") == []
    assert complete(completion, "lock", "run", "nightly", "--", "--tt") == []


PROJECTIONS = ["postgres", "search", "embed", "vectors", "redis"]

# The words before the cursor, and what may follow them.
VALUES = [
    (["memory", "list", "--type", "in"], ["insight"]),
    (["memory", "list", "-t", "in"], ["insight"]),
    (["memory", "list", "--type", "fact,in"], ["fact,insight"]),
    (["memory", "list", "--type", "fact,insight,ru"], ["fact,insight,rule"]),
    (["recall", "tea", "--metric", ""], ["cosine", "euclidean", "dot"]),
    (["events", "--type", "memory_cr"], ["memory_created"]),
    (["operations", "--verdict", "accepted,ex"], ["accepted,exists"]),
    (["timeline", "--type", "tu"], ["turn"]),
    (["knowledge", "list", "--status", "val"], ["validated"]),
    (["dead-letters", "list", "--projection", "em"], ["embed"]),
    (["rebuild", "re"], ["redis"]),
    (["import", "chat"], ["chatgpt"]),
    (["config", "MNEME_RECALL_W"], ["MNEME_RECALL_WEIGHTS"]),
    (["working", "turn", "x", "--role", "as"], ["assistant"]),
    (["completion", ""], ["bash", "zsh", "fish"]),
]


@pytest.mark.parametrize("words, expected", VALUES, ids=lambda value: " ".join(value))
def test_bash_completes_values(completion, words, expected):
    assert complete(completion, *words) == expected


def test_bash_completes_what_stands_behind_an_equals_sign(completion):
    """bash makes three words of --type=in."""
    assert complete(completion, "memory", "list", "--type", "=", "in") == ["insight"]
    assert "fact" in complete(completion, "memory", "list", "--type", "=")


def test_bash_offers_files_only_where_one_may_stand(completion, tmp_path, monkeypatch):
    (tmp_path / "events.jsonl").touch()
    monkeypatch.chdir(tmp_path)
    assert complete(completion, "publish", "ev") == ["events.jsonl"]
    assert complete(completion, "import", "jsonl", "ev") == ["events.jsonl"]
    assert complete(completion, "memory", "list", "--config", "ev") == ["events.jsonl"]
    assert complete(completion, "lock", "run", "nightly", "--", "ev") == ["events.jsonl"]
    assert complete(completion, "memory", "get", "ev") == []
    assert complete(completion, "memory", "list", "--user", "ev") == []
    assert set(PROJECTIONS) <= set(complete(completion, "work", ""))
    assert "events.jsonl" not in complete(completion, "work", "")


def test_bash_itself_takes_the_script(completion):
    """Through bash's own machinery: what compgen gives for the line."""
    script = 'source "$1"; complete -p mneme'
    done = subprocess.run(["bash", "-c", script, "bash", completion], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "complete -F _mneme mneme"


def test_fish_finds_the_same_words(tmp_path):
    file = tmp_path / "mneme.fish"
    file.write_text(mneme_alone("completion", "fish", expect=0).stdout)
    subprocess.run(["fish", "-n", file], check=True, timeout=60)

    def complete_in_fish(line):
        done = subprocess.run(["fish", "--no-config", "-c", 'source $argv[1]; complete -C "$argv[2]"', file, line],
                              capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path,
                              env={**clean_environment(), "HOME": str(tmp_path)})
        assert done.stderr == ""
        return [candidate.split("\t")[0] for candidate in done.stdout.splitlines()]

    assert sorted(complete_in_fish("mneme memory ")) == sorted(MEMORY_VERBS)
    assert complete_in_fish("mneme memory list --type fact,in") == ["fact,insight"]
    assert complete_in_fish("mneme memory list --type=in") == ["--type=insight"]
    assert complete_in_fish("mneme dead-letters list -p em") == ["embed"]
    assert complete_in_fish("mneme memory get ") == []
    assert set(PROJECTIONS) <= set(complete_in_fish("mneme work "))
    assert "--include-expired" in complete_in_fish("mneme memory list --inc")
    (tmp_path / "events.jsonl").touch()
    assert complete_in_fish("mneme publish ev") == ["events.jsonl"]


def test_zsh_finds_the_same_words(tmp_path):
    file = tmp_path / "_mneme"
    file.write_text(mneme_alone("completion", "zsh", expect=0).stdout)
    subprocess.run(["zsh", "-n", file], check=True, timeout=30)
    script = ("compdef() { :; }; compset() { :; }; compadd() { shift; print -l -- $@; }; source $1; shift; "
              "words=($@) CURRENT=$#; _mneme")

    def complete_in_zsh(*words):
        done = subprocess.run(["zsh", "-fc", script, "zsh", file, "mneme", *words], capture_output=True, text=True,
                              timeout=30, check=True)
        assert done.stderr == ""
        return done.stdout.split()

    assert complete_in_zsh("memory", "") == MEMORY_VERBS
    assert "--include-expired" in complete_in_zsh("memory", "list", "--")
    assert complete_in_zsh("memory", "add", "x", "--term", "") == ["short_term", "long_term"]
    assert "insight" in complete_in_zsh("memory", "list", "--type", "fact,")
    assert "insight" in complete_in_zsh("memory", "list", "--type=")
    assert set(PROJECTIONS) <= set(complete_in_zsh("work", ""))
