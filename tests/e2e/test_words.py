"""What texts are found by, through the command line: accents, identifiers, links, scripts, common words, long texts; in search
and in recall. And what happens to texts whose words were made by other rules."""

import pytest

from harness.worker import Worker

TEXTS = {
    "brulee": "Had a crème brûlée at Café Zoë in Besançon",
    "latte": "Ordered a cafe latte to go",
    "krakow": "Widziałam Łódź i Kraków",
    "cve": "We patch CVE-2026-2332 before Friday",
    "invoice": "The invoice is ORD-7741-00123",
    "link": "Read https://www.canlii.org/en/on/laws/statute-42.html yesterday",
    "file": "The file quarterly_report.final.pdf is on the share",
    "mail": "Write to ada.lovelace@example.com",
    "node": "Deployed node.js",
    "camel": "Renamed getUserName",
    "band": "The Who played Quadrophenia",
    "hamlet": "He said to be or not to be",
    "korean": "저는 한국어를 배워요",
    "chinese": "我昨天喜欢在家里喝绿茶",
    "japanese": "カフェでお茶を飲む",
    "thai": "เธอชอบดื่มกาแฟ",
    "emoji": "Party tonight 🎉👍🏽",
}
LONG = " ".join(["tea"] * 2400 + ["party", "ends", "at", "Łódź-7741-x"])
FINDS = [
    ("creme brulee", "brulee"), ("bru\u0302le\u0301e", "brulee"), ("café", "brulee latte"), ("cafe", "brulee latte"),
    ("krakow", "krakow"), ("lodz widzialam", "krakow"),
    ("CVE-2026-2332", "cve"), ("2332", "cve"), ("CVE 2332", "cve"),
    ("ORD-7741-00123", "invoice"), ("7741 -tea", "invoice"), ("00123 invoice", "invoice"),
    ("canlii", "link"), ("canlii.org", "link"), ("statute", "link"),
    ("https://www.canlii.org/en/on/laws/statute-42.html", "link"),
    ("quarterly", "file"), ("report quarterly", "file"), ("quarterly_report.final.pdf", "file"),
    ("lovelace", "mail"), ("ada.lovelace@example.com", "mail"), ("node", "node"), ("node.js", "node"), ("username", ""),
    ("getusername", "camel"), ("user renamed", "camel"),
    ('"the who"', "band"), ('"to be or not to be"', "hamlet"),
    ("한국어", "korean"), ("绿茶", "chinese"), ("茶 -お", "chinese"), ("お茶", "japanese"), ("ｶﾌｪ", "japanese"),
    ("กาแฟ", "thai"), ("🎉", "emoji"), ("👍", "emoji"),
    ('"tea party"', "long"), ('"party ends"', "long"), ('"ends party"', ""), ('tea -"tea party"', ""), ("Lodz-7741-X", "long"),
]


@pytest.fixture(scope="module")
def filled(folded):
    """The program in a namespace that holds the texts."""
    worker = Worker(folded, 1, "search").wait_ready()
    folded.mneme.publish([
        {"type": "memory_created", "user_id": "ada", "payload": {"memory_type": "fact", "content": text}}
        for text in (*TEXTS.values(), LONG)])
    folded.drain()
    folded.drain("search")
    yield folded.mneme
    worker.clean_up()


NAMES = {**{text: name for name, text in TEXTS.items()}, LONG: "long"}


@pytest.mark.parametrize(("query", "names"), FINDS)
def test_what_a_text_is_found_by(filled, query, names):
    hits = filled("search", "--user", "ada", "--json", "--", query, expect=0).json_lines
    assert sorted(NAMES[hit["text"]] for hit in hits) == sorted(names.split())


@pytest.mark.parametrize(("question", "name"), [
    ("Where was the creme brulee?", "brulee"), ("what about krakow", "krakow"), ("Which patch is 2332?", "cve"),
    ("Is there anything of canlii?", "link"), ("Who is lovelace?", "mail"), ("한국어 공부", "korean"), ("the who", "band"),
    ("🎉?", "emoji"),
])
def test_a_question_has_the_same_words(filled, question, name):
    *results, _ = filled("recall", "--user", "ada", "--json", "--no-record", "--", question, expect=0).json_lines
    assert NAMES[results[0]["text"]] == name and float(results[0]["score"]) > 0


def test_words_of_another_version_are_refused_until_a_rebuild_mends_them(namespace, worker, mneme):
    worker()
    mneme("memory", "add", "Kraków", "--user", "ada", expect=0)
    worker("search")
    namespace.drain("search")
    with namespace.connect() as connection:
        connection.execute("UPDATE mneme_search.search_settings SET analysis = 1")
        connection.execute("UPDATE mneme_search.documents SET lexemes = to_tsvector('english', text)")
    for refused in (mneme("search", "krakow", "--user", "ada", expect=6), mneme("work", "search", expect=6),
                    mneme("recall", "krakow", "--user", "ada", expect=6)):
        assert "version 1 of the analysis" in refused.stderr and "`mneme rebuild search`" in refused.stderr
    mneme("rebuild", "search", expect=0)
    (hit,) = mneme("search", "krakow", "--user", "ada", "--json", expect=0).json_lines
    assert hit["text"] == "Kraków"
    mneme("verify", "search", expect=0)
    worker("search")
    mneme("memory", "add", "Łódź", "--user", "ada", expect=0)
    (hit,) = mneme("search", "lodz", "--user", "ada", "--at-least", "last", "--wait-timeout", "60000", "--json",
                   expect=0).json_lines
    assert hit["text"] == "Łódź"
