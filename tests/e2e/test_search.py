"""`mneme search`: full text through the command line, with workers that fold."""

import pytest

from harness.worker import Worker

QUERIES = [  # what is asked, and whose texts it finds, in any order
    ("tea", {"green", "black", "turn"}),
    ("teas", {"green", "black", "turn"}),
    ('"green tea"', {"green"}),
    ("green OR coffee", {"green", "coffee"}),
    ("tea -green", {"black", "turn"}),
    ('-"green tea" tea', {"black", "turn"}),
    ("may 2023 tea", {"turn"}),
    ("hiking alps", set()),
    ("喝绿茶", {"chinese"}),
    ("茶", {"chinese"}),
]
HOSTILE = ["'", '"', "\\", "a & b | !c", "tea:*", "<->", "%s%n", "'; DROP TABLE documents; --", "or", "tea or", "x" * 5000,
           " or ".join(f"word{i}" for i in range(5000)), '"' * 999, "😀", "{filter}", "$1"]


TEXTS = {"green": "Ada likes green tea", "black": "black tea without milk", "coffee": "coffee in the morning",
         "chinese": "我昨天喜欢在家里喝绿茶", "turn": "Ada: more tea"}
NAMES = {text: name for name, text in TEXTS.items()}


def fill(namespace, mneme):
    """Some texts of ada, of bob and of another tenant."""
    lines = [{"type": "memory_created", "user_id": "ada", "payload": {"memory_type": "fact", "content": text}}
             for name, text in TEXTS.items() if name != "turn"]
    lines += [
        {"type": "memory_created", "user_id": "bob", "payload": {"memory_type": "fact", "content": "bob's tea"}},
        {"type": "memory_created", "user_id": "ada", "tenant": "other",
         "payload": {"memory_type": "fact", "content": "tea of another"}},
        {"type": "conversation_turn", "user_id": "ada", "occurred_at": "2023-05-08T10:00:00Z",
         "payload": {"conversation_id": "c", "role": "user", "speaker": "Ada", "content": "more tea"}},
    ]
    mneme.publish(lines)
    namespace.drain()
    namespace.drain("search")


def names_of(mneme, *arguments):
    """What a search of ada's texts finds, by name."""
    return [NAMES[hit["text"]] for hit in mneme("search", "--user", "ada", "--json", *arguments, expect=0).json_lines]


@pytest.fixture(scope="module")
def searched(folded):
    """The program in a namespace that holds the texts."""
    worker = Worker(folded, 1, "search").wait_ready()
    fill(folded, folded.mneme)
    yield folded.mneme
    worker.clean_up()


@pytest.mark.parametrize(("query", "names"), QUERIES)
def test_what_a_query_finds(searched, query, names):
    hits = names_of(searched, "--", query)
    assert set(hits) == names and len(hits) == len(names)


def test_a_hit_tells_where_it_is_from(searched):
    (hit,) = searched("search", "tea -green -black", "--user", "ada", "--json", expect=0).json_lines
    assert hit.pop("score") > 0
    assert hit == {"kind": "turn", "id": None, "stream_id": "ada", "text": "Ada: more tea",
                   "created_at": "2023-05-08T10:00:00.000000Z", "conversation_id": "c", "turn_index": 0, "speaker": "Ada",
                   "role": "user", "user_id": "ada", "agent_id": None, "run_id": None, "memory_type": None, "metadata": None}
    table = searched("search", "tea -green -black", "--user", "ada", expect=0).stdout
    assert table.splitlines()[0].split() == ["SCORE", "KIND", "ID", "CREATED", "CONVERSATION", "TURN", "TEXT"]
    assert "Ada: more tea" in table


def test_limits_types_filters_and_times(searched):
    assert len(names_of(searched, "tea", "--limit", "2")) == 2
    assert len(names_of(searched, "tea", "--offset", "1")) == 2
    assert set(names_of(searched, "tea", "--type", "fact")) == {"green", "black"}
    assert names_of(searched, "tea", "--filter", "memory_type eq rule") == []
    assert names_of(searched, "tea", "--until", "2024-01-01") == ["turn"]
    assert set(names_of(searched, "tea", "--since", "2024-01-01")) == {"green", "black"}
    assert "more than these" in searched("search", "tea", "--user", "ada", "--limit", "1", expect=0).stderr


def test_nobody_sees_the_texts_of_others(searched):
    def texts(*arguments):
        return {hit["text"] for hit in searched("search", "tea", "--json", *arguments, expect=0).json_lines}
    assert texts("--user", "bob") == {"bob's tea"}
    assert texts("--user", "ada", "--tenant", "other") == {"tea of another"}
    assert texts("--user", "carl") == set()
    assert "tea of another" not in texts("--all") and "bob's tea" in texts("--all")
    assert "give --user, --agent, --run or --conversation, or --all" in searched("search", "tea", expect=2).stderr


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_asked_is_an_answer_or_a_sentence(searched, query):
    asked = searched("search", "--all", "--", query)
    assert asked.returncode in (0, 2), asked.stderr
    assert asked.returncode == 0 or "no word to look for" in asked.stderr


@pytest.mark.parametrize("query", ["", "  ", "-tea", "?!"])
def test_a_query_without_a_word_is_told(searched, query):
    assert "no word to look for" in searched("search", "--user", "ada", "--", query, expect=2).stderr


def test_a_write_is_found_once_it_is_waited_for(namespace, worker, mneme):
    worker()
    receipt, = mneme("memory", "add", "green tea", "--user", "ada", "--json", expect=0).json_lines
    namespace.drain("postgres")
    late = mneme("search", "tea", "--user", "ada", "--at-least", receipt["position"], "--wait-timeout", "300")
    assert late.returncode != 0 and "mneme work search" in late.stderr
    worker("search")
    (hit,) = mneme("search", "tea", "--user", "ada", "--at-least", receipt["position"], "--wait-timeout", "60000", "--json",
                   expect=0).json_lines
    assert hit["id"] == receipt["memory_id"]
    mneme("memory", "update", receipt["memory_id"], "coffee", "--user", "ada", expect=0)
    assert mneme("search", "tea", "--user", "ada", "--at-least", "last", "--wait-timeout", "60000", "--json",
                 expect=0).json_lines == []
    before = mneme("search", "tea", "--user", "ada", "--as-of", receipt["position"], "--json", expect=0).json_lines
    assert [line["text"] for line in before] == ["green tea"]


def test_verify_names_a_changed_text_and_a_rebuild_mends_it(namespace, worker, mneme):
    worker()
    worker("search")
    fill(namespace, mneme)
    mneme("verify", "search", expect=0)
    with namespace.connect() as connection:
        connection.execute("UPDATE mneme_search.documents SET text = 'changed' WHERE text = 'Ada likes green tea'")
        connection.execute("DELETE FROM mneme_search.documents WHERE text = 'coffee in the morning'")
    *tables, result = mneme("verify", "search", "--json", expect=6).json_lines
    table = {line["table"]: line for line in tables}["documents"]
    assert (table["different"], table["missing"], result["differences"]) == (1, 1, 2)
    mneme("rebuild", "search", expect=0)
    mneme("verify", "search", expect=0)
    assert names_of(mneme, "green coffee") == [] and names_of(mneme, "coffee") == ["coffee"]


def test_another_configuration_of_words_needs_a_rebuild(namespace, worker, mneme):
    env = {"MNEME_TEXT_SEARCH_CONFIG": "simple"}
    worker()
    mneme("memory", "add", "drinking teas", "--user", "ada", expect=0)
    worker("search").stop()
    refused = mneme("work", "search", env=env, expect=6)
    assert "mneme rebuild search" in refused.stderr
    mneme("rebuild", "search", env=env, expect=0)
    worker("search", env=env)
    namespace.drain("search")
    assert mneme("search", "drink", "--user", "ada", "--json", expect=0).json_lines == []
    assert len(mneme("search", "drinking", "--user", "ada", "--json", expect=0).json_lines) == 1
