"""Every command that a sentence, a help page or a document names exists and takes what is written behind it."""

import re

import pytest

from harness.commands import Commands, words_of
from harness.stack import ROOT

SOURCES = ("analysis", "cli", "common", "consumers", "embedding", "hot", "library", "locks", "producers", "queries", "schemas", "vectors")
LITERALS = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s+"(?:[^"\\\n]|\\.)*")*')
ONE_LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
# "mneme" that is the program itself, or the name of a connection.
PROSE = {"for", "that", "of", "is", "and", "binary", "with", "was", "has"}
CONNECTION_NAMES = {"mneme rebuild index"}


@pytest.fixture(scope="module")
def commands():
    return Commands()


def literals(path):
    for found in LITERALS.finditer(path.read_text()):
        text = "".join(ONE_LITERAL.findall(found[0]))
        if text not in CONNECTION_NAMES:
            yield text.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


def named_in(text):
    """(words, whether they are all of the command line) for each command that a text names."""
    spans = re.findall(r"`mneme ([^`]+)`", text)
    for span in spans:
        yield words_of("mneme " + span)[1:], True
    for found in re.finditer(r"(?<![`\w.<:/-])mneme ((?:[a-z-]+ ?)+(?:--[a-z-]+)?)", re.sub(r"`[^`]*`", "", text)):
        words = found[1].split()
        if words[0] not in PROSE:
            yield words, False


def test_sentences_of_the_program_name_commands_that_are_there(commands):
    wrong, count = [], 0
    for path in sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.[ch]")):
        for text in literals(path):
            for words, is_whole in named_in(text):
                count += 1
                complaint = commands.complaint(words, is_whole)
                if complaint:
                    wrong.append(f"{path.relative_to(ROOT)}: {complaint}: {text[:120]!r}")
    assert count > 200
    assert not wrong, "\n".join(wrong)


def test_a_command_that_is_named_wrongly_would_be_found(commands):
    """The test itself finds what it is for."""
    for text in ("run `mneme rebuild embeds`", "run mneme rebuild embeds now", "see `mneme memry list`", "see `mneme memory lst`",
                 "run `mneme migrate --chek`", "start mneme work serch", "run mneme migrate --chek", "see `mneme nothing`"):
        ((words, is_whole),) = named_in(text)
        assert commands.complaint(words, is_whole), text
    for text in ("run `mneme rebuild %s`", "run mneme migrate --check", "see mneme status for more", "`mneme work PROJECTION`",
                 "`mneme lock run NAME -- ./x --anything`", "start mneme work search"):
        ((words, is_whole),) = named_in(text)
        assert commands.complaint(words, is_whole) is None, text


def examples_of(commands, path):
    text = commands.mneme(*path.split(), "--help", expect=0).stdout
    found = re.search(r"\nExamples\n(.*)", text, re.S)
    return re.sub(r"\\\n\s*", "", found[1]).splitlines() if found else []


def test_the_examples_of_every_help_page_are_taken_by_the_parser(commands):
    wrong, count = [], 0
    for path in sorted(commands.subcommands):
        for line in examples_of(commands, path):
            line = line.strip()
            if line.startswith("mneme "):
                count += 1
                complaint = commands.parse(line)
                if complaint:
                    wrong.append(f"mneme {path} --help: {line}\n    {complaint}")
    assert count > 120
    assert not wrong, "\n".join(wrong)


# --- documents ---

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def alternatives(span):
    """`mneme memory add|get` and `mneme memory add\\|get` name two commands."""
    words = words_of(span.replace("\\|", "|"))
    for at, word in enumerate(words):
        if "|" in word and re.fullmatch(r"[a-z-]+(\|[a-z-]+)+", word):
            return [[*words[1:at], choice, *words[at + 1:]] for choice in word.split("|")]
    return [words[1:]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_commands_that_are_there(commands, document):
    text = document.read_text()
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    wrong = [f"{complaint}: `{span}`" for span in re.findall(r"`(mneme [a-z][^`]*)`", prose) for words in alternatives(span)
             if (complaint := commands.complaint(words))]
    for block in re.findall(r"^```(?:sh)?\n(.*?)^```", text, re.M | re.S):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            if line.startswith("mneme ") and (complaint := commands.parse(line)):
                wrong.append(f"{complaint}: {line}")
    assert not wrong, "\n".join(wrong)
