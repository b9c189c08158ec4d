"""cmake --install: what a person gets besides the library: the program, its manual, completions that shells find."""

import os
import shlex
import subprocess

import pytest

from harness.commands import Commands
from harness.program import BUILD, clean_environment

# A shell that completes "mneme wor", with {} for the installed share folder.
SHELLS = {
    "bash": "source {}/bash-completion/completions/mneme; complete -p mneme >/dev/null && COMP_WORDS=(mneme wor); "
            "COMP_CWORD=1; _mneme; echo \"${{COMPREPLY[@]}}\"",
    "zsh": "fpath=({}/zsh/site-functions $fpath); autoload -U compinit; compinit -D -u; autoload +X ${{_comps[mneme]}}; "
           "compdef() {{ :; }}; source {}/zsh/site-functions/_mneme; "
           "ask() {{ local at ended words options value previous list files; _mneme_path; _mneme_expected; print ${{=words}} }}; ask",
    "fish": "complete -C 'mneme wor'",
}


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", folder], check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture(scope="module")
def pages(prefix):
    return {path.name: path for path in prefix.glob("share/man/man*/*")}


def run(command, **environment):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False,
                          env=clean_environment({"PATH": os.environ["PATH"], **environment}))


def test_the_installed_program_runs(prefix):
    done = run([prefix / "bin" / "mneme", "version"])
    assert done.returncode == 0 and done.stdout.startswith("mneme "), done
    assert {path.name for path in (prefix / "share" / "doc" / "mneme").iterdir()} == {"LICENSE", "README.md"}


def test_each_command_has_a_page_that_names_its_options(pages):
    commands = Commands()
    top = commands.subcommands[""]
    assert set(pages) == {"mneme.1", "mneme.conf.5", "libmneme.3", *(f"mneme-{name}.1" for name in top)}
    for path, options in commands.options.items():
        text = pages[f"mneme-{path.split()[0]}.1" if path else "mneme.1"].read_text().replace("\\-", "-")
        missing = [option for option in options if f"{option}\\fR" not in text]
        assert not missing, f"the page of mneme {path} lacks {missing}"
        assert f"mneme {path}".strip() in text


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_pages_are_rendered_without_a_warning(pages, locale):
    for name, path in pages.items():
        done = run(["man", "--warnings", "-l", path], LC_ALL=locale, MANWIDTH="80", MANPAGER="cat")
        assert done.returncode == 0 and done.stderr == "", f"{name}: {done.stderr}"
        assert "SEE ALSO" in done.stdout or name == "libmneme.3"


def test_the_settings_have_a_page(pages):
    shown = run(["man", "-l", pages["mneme.conf.5"]], MANWIDTH="80", MANPAGER="cat").stdout
    assert "MNEME_TOPIC_PREFIX (text; default mneme.)" in shown


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_find_the_completions(prefix, tmp_path, shell):
    share = str(prefix / "share")
    command = SHELLS[shell].replace("{}", shlex.quote(share)).replace("{{", "{").replace("}}", "}")
    done = run([shell, "-c", command], HOME=str(tmp_path), XDG_DATA_DIRS=f"{share}:/usr/share",
               PATH=f"{prefix / 'bin'}:{os.environ['PATH']}")  # fish completes what it can find
    assert {"work", "working"} <= set(done.stdout.split()), done


def test_manual_and_completion_need_no_settings():
    for words in (["manual"], ["manual", "memory"], ["completion", "bash"], ["version"]):
        done = run([BUILD / "mneme", *words], MNEME_CONFIG="/nonexistent", MNEME_TOPIC_PARTITIONS="many")
        assert done.returncode == 0 and done.stdout and not done.stderr, done


def test_a_page_that_there_is_not_is_refused():
    done = run([BUILD / "mneme", "manual", "nonsense"])
    assert done.returncode == 2 and "there is no command 'nonsense'" in done.stderr


def test_a_folder_that_cannot_be_written_to_is_named():
    done = run([BUILD / "mneme", "manual", "--folder", "/dev/null/man"])
    assert done.returncode == 1 and "/dev/null/man" in done.stderr
