/*
 * The normal form of random documents against `$1::jsonb::text` of Postgres. The seed is printed with what
 * differs; MNEME_TEST_SEED gives another one.
 */
#include "common/json/normal.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "common/json/check.h"
#include "common/postgres/postgres.h"
#include "tests/support/fixture.h"

#define DOCUMENTS 6000
#define MAX_DEPTH 6

static struct mneme_fixture fixture;
static struct mneme_postgres *postgres;
static struct mneme_error error;
static uint64_t state;

static unsigned below(unsigned bound) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state >> 33) % bound;
}

static const char *one_of(const char *const *items, unsigned count) {
    return items[below(count)];
}
#define ONE_OF(items) one_of(items, sizeof(items) / sizeof *(items))

static void put(struct mneme_buffer *out, const char *text) {
    mneme_buffer_append_str(out, mneme_str_from(text));
}

static void put_space(struct mneme_buffer *out) {
    static const char *const spaces[] = {"", "", "", " ", "\n", "\t", " \r\n "};
    put(out, ONE_OF(spaces));
}

static void put_string(struct mneme_buffer *out, unsigned most) {
    static const char *const parts[] = {
        "a",
        "b",
        "z",
        "text",
        "key",
        "A",
        " ",
        "0",
        "\xc3\xa9",
        "\xe6\xbc\xa2",
        "\xf0\x9f\x98\x80",
        "\x7f",
        "\\n",
        "\\t",
        "\\\"",
        "\\\\",
        "\\/",
        "\\b",
        "\\f",
        "\\r",
        "\\u0061",
        "\\u0022",
        "\\u005C",
        "\\u001f",
        "\\u000a",
        "\\u00E9",
        "\\u6f22",
        "\\uD83D\\uDE00",
        "\\u007F",
        "\\u0080",
    };
    put(out, "\"");
    for (unsigned i = below(most + 1); i > 0; i--) {
        put(out, ONE_OF(parts));
    }
    put(out, "\"");
}

static void put_digits(struct mneme_buffer *out, unsigned most) {
    for (unsigned i = 1 + below(most); i > 0; i--) {
        mneme_buffer_append_byte(out, (uint8_t)('0' + (below(3) == 0 ? 0 : below(10))));
    }
}

static void put_number(struct mneme_buffer *out) {
    put(out, below(3) == 0 ? "-" : "");
    if (below(3) == 0) {
        put(out, "0");
    } else {
        mneme_buffer_append_byte(out, (uint8_t)('1' + below(9)));
        if (below(2) == 0) {
            put_digits(out, below(8) == 0 ? 40 : 4);
        }
    }
    if (below(2) == 0) {
        put(out, ".");
        put_digits(out, below(8) == 0 ? 40 : 5);
    }
    if (below(3) == 0) {
        static const char *const signs[] = {"e", "E", "e+", "E-", "e-"};
        put(out, ONE_OF(signs));
        mneme_buffer_printf(out, "%s%u", below(5) == 0 ? "00" : "", below(below(6) == 0 ? 260 : 12));
    }
}

static void put_value(struct mneme_buffer *out, unsigned depth);

static void put_container(struct mneme_buffer *out, unsigned depth) {
    bool is_object = below(3) > 0;
    put(out, is_object ? "{" : "[");
    put_space(out);
    unsigned count = below(below(20) == 0 ? 80 : 6);
    for (unsigned i = 0; i < count; i++) {
        put(out, i > 0 ? "," : "");
        put_space(out);
        if (is_object) {
            put_string(out, 3);
            put_space(out);
            put(out, ":");
            put_space(out);
        }
        put_value(out, depth + 1);
        put_space(out);
    }
    put(out, is_object ? "}" : "]");
}

static void put_value(struct mneme_buffer *out, unsigned depth) {
    static const char *const words[] = {"true", "false", "null"};
    unsigned kind = below(10);
    if (depth < MAX_DEPTH && (kind < 3 || depth == 0)) {
        put_container(out, depth);
    } else if (kind < 6) {
        put_string(out, 8);
    } else if (kind < 9) {
        put_number(out);
    } else {
        put(out, ONE_OF(words));
    }
}

static void set_up(void) {
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_POSTGRES, 0, &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(mneme_pg_connect(&postgres, fixture.config, "mneme-test", &error), MNEME_OK, "%s",
                 error.message);
    const char *seed = getenv("MNEME_TEST_SEED");
    state = seed == NULL ? 20261121 : strtoull(seed, NULL, 10);
}

static void tear_down(void) {
    mneme_pg_close(postgres);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(json_normal, .init = set_up, .fini = tear_down, .timeout = 120);

static PGresult *print_by_postgres(const struct mneme_str *documents, size_t count) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str_array(&params, documents, count);
    cr_assert_eq(mneme_pg_query(&rows, postgres,
                                "SELECT document::jsonb::text FROM unnest($1::text[]) WITH ORDINALITY "
                                "AS d(document, n) ORDER BY n",
                                &params, false, &error),
                 MNEME_OK, "%s", error.message);
    mneme_pg_params_clean_up(&params);
    return rows;
}

Test(json_normal, is_what_postgres_prints_for_random_documents) {
    struct mneme_buffer texts = {0};
    struct mneme_buffer ours = {0};
    struct mneme_json_normal normal = {0};
    struct mneme_str *documents = calloc(DOCUMENTS, sizeof *documents);
    uint64_t seed = state;
    for (size_t i = 0; i < DOCUMENTS; i++) {
        size_t start = texts.len;
        put_value(&texts, i % 10 == 0 ? 1 : 0);
        documents[i].len = texts.len - start;
    }
    const char *at = texts.data;
    for (size_t i = 0; i < DOCUMENTS; at += documents[i].len, i++) {
        documents[i].data = at;
        const char *reason = "";
        size_t where;
        cr_assert(mneme_json_check(documents[i], NULL, &reason, &where), "%s: %.*s", reason,
                  MNEME_STR_ARG(documents[i]));
    }
    PGresult *rows = print_by_postgres(documents, DOCUMENTS);
    cr_assert_eq(PQntuples(rows), DOCUMENTS);
    for (int i = 0; i < DOCUMENTS; i++) {
        struct mneme_str theirs = {PQgetvalue(rows, i, 0), (size_t)PQgetlength(rows, i, 0)};
        mneme_buffer_clear(&ours);
        mneme_json_normalise(&ours, &normal, documents[i]);
        cr_assert(mneme_str_equal(mneme_buffer_str(&ours), theirs), "seed %llu: %.*s is %.*s, not %.*s",
                  (unsigned long long)seed, MNEME_STR_ARG(documents[i]),
                  MNEME_STR_ARG(mneme_buffer_str(&ours)), MNEME_STR_ARG(theirs));
    }
    PQclear(rows);
    free(documents);
    mneme_buffer_clean_up(&texts);
    mneme_buffer_clean_up(&ours);
    mneme_json_normal_clean_up(&normal);
}
