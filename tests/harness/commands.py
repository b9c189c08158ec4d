"""The commands that the program has, and whether a command line that some text names is one of them.

Nothing is run: `--config` with a file that is not there ends every call behind its parser, before it does anything."""

import re
import shlex

from harness.program import Program

NO_FILE = "/nonexistent/mneme.conf"
PARSED = f"{NO_FILE}: No such file"
OPERATORS = {"|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "2>/dev/null", "#", "done"}
PLACEHOLDER = re.compile(r"[A-Z][A-Z_…]*…?$|%|\$|…$|\.\.\.$")


def words_of(line):
    """The words of the first simple command, without what belongs to the shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words = []
    for word in lexer:
        if word in OPERATORS or word.startswith((">", "<")):
            break
        words.append(word.rstrip(";)") if word.endswith((";", ")")) else word)
    return words


class Commands:
    def __init__(self):
        self.mneme = Program({})
        script = self.mneme("completion", "bash", expect=0).stdout
        self.subcommands = {path: words.split() for path, words in re.findall(r"^    '([^']*)'\)\n        words='([^']*)'", script, re.M)}
        self.options = {path: set(words.split()) for path, words in re.findall(
            r"^    '([^']*)'\)\n        words='[^']*'(?: files=1)?\n        options='([^']*)'", script, re.M)}
        # The words behind these are no commands, but what the first argument may be.
        self.projections = {command: set(self.subcommands[command]) for command in ("rebuild", "verify", "work")}

    def path_of(self, words):
        """The longest command that the words begin with, and how many of them it takes."""
        path, used = "", 0
        for word in words:
            longer = f"{path} {word}".strip()
            if longer not in self.subcommands or word not in self.subcommands[path]:
                break
            path, used = longer, used + 1
        return path, used

    def is_group(self, path):
        return any(other.startswith(path + " ") for other in self.subcommands) or path == ""

    def complaint(self, words, is_whole=True):
        """What is wrong with "mneme" and these words, or None. With `is_whole` False more words of a sentence may follow
        the command; else they are all of it, though what it requires may be left out where a text only names it."""
        if words[:1] == ["help"] or words[:1] == ["--version"] or words == ["--help"] or PLACEHOLDER.match("".join(words[:1])):
            return None
        path, used = self.path_of(words)
        rest = words[used:]
        if path == "" or (self.is_group(path) and rest and is_whole and not PLACEHOLDER.search(rest[0])):
            return f"there is no command 'mneme {' '.join(words[:used + 1])}'"
        if path in self.projections and rest and not rest[0].startswith("-") and not PLACEHOLDER.search(rest[0]) \
                and rest[0] not in self.projections[path]:
            return f"mneme {path} has no projection {rest[0]}"
        before_dashes = rest[:rest.index("--")] if "--" in rest else rest
        for word in before_dashes:
            if not word.startswith("--"):
                if not is_whole:
                    break
                continue
            if word.split("=")[0] not in self.options[path]:
                return f"mneme {path} has no option {word}"
        return None

    def parse(self, line):
        """Puts the whole line through the program's own parser; its complaint, or None."""
        words = words_of(line)
        done = self.mneme("--config", NO_FILE, *words[1:], input="")
        is_taken = PARSED in done.stderr or ("--config" in words and "cannot read the settings" in done.stderr)
        return None if is_taken else done.stderr.strip()
