/*
 * What reading by the library costs, against the bare SQL of the same rows, at 1,000,000 memories of 5,000
 * users.
 *
 * usage: mneme_bench_ask [--memories N] [--questions N] [--runs N]
 *
 * get is one memory by its id, list the newest 50 of a user, filtered the newest 50 of a user of one type and
 * with one tag; type, tag and metadata are the newest 50 of an agent that has all memories, by a label that
 * one memory in 2,000, 20,000 or 5,000 has. Ours are mneme_memory_get and mneme_memory_list, rows read into
 * structs; the limit is a prepared statement that asks for the same rows by libpq, with nothing but the
 * conditions that are needed, its values in binary form and left as they come. Both ask the same questions in
 * the same order, in turns within one run, over one connection each, and their rows are counted. One line for
 * each kind; the last has the lowest ratio of them. Memories are made by SQL in the table itself, since only
 * reading is measured.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "queries/memory.h"
#include "tests/support/bench_drain.h"

#define USERS 5000
#define LIMIT 50
#define TURNS 10 /* of each run: both sides see the same weather */

enum kind { GET, LIST, FILTERED, TYPE, TAG, METADATA, KINDS };

struct kind_facts {
    const char *name;
    const char *sql;
    int param_count;
};

/* The scope in $2, labels behind it; a memory's number gives its id, its user and its labels. */
#define ALL_OF "SELECT * FROM memories WHERE tenant = $1 AND "
#define NEWEST                                                                                               \
    " AND NOT is_deleted AND NOT is_archived AND (expires_at IS NULL OR expires_at > now()) "                \
    "ORDER BY created_at DESC, id DESC LIMIT 50"

static const struct kind_facts kinds[KINDS] = {
    [GET] = {"get", ALL_OF "id = $2::uuid AND NOT is_deleted", 2},
    [LIST] = {"list", ALL_OF "user_id = $2" NEWEST, 2},
    [FILTERED] = {"filtered", ALL_OF "user_id = $2 AND memory_type = $3 AND tags @> ARRAY[$4]::text[]" NEWEST,
                  4},
    [TYPE] = {"type", ALL_OF "agent_id = $2 AND memory_type = $3" NEWEST, 3},
    [TAG] = {"tag", ALL_OF "agent_id = $2 AND tags @> ARRAY[$3]::text[]" NEWEST, 3},
    [METADATA] = {"metadata", ALL_OF "agent_id = $2 AND metadata @> $3::jsonb" NEWEST, 3},
};

/* Every column that has no default, by its name; those that a table does not have are left out. */
static const char make_memories[] =
    "DO $$\n"
    "DECLARE names text; expressions text;\n"
    "BEGIN\n"
    "  SELECT string_agg(c.column_name, ','), string_agg(coalesce(e.expression, 'NULL'), ',')\n"
    "  INTO names, expressions\n"
    "  FROM information_schema.columns c LEFT JOIN (VALUES\n"
    "    ('id', 'number_id(n)'), ('tenant', '''default'''),\n"
    "    ('stream_id', '''user-'' || n % 5000'), ('user_id', '''user-'' || n % 5000'), ('agent_id', "
    "'''assistant'''),\n"
    "    ('memory_type', 'CASE WHEN n % 2000 = 7 THEN ''hypothesis'' ELSE "
    "(ARRAY[''fact'',''insight'',''decision'',''rule''])[1 + n / 5000 % 4] END'),\n"
    "    ('content', 'jsonb_build_object(''text'', ''Prefers the window seat on the morning train '' || n || "
    "'' and "
    "coffee without sugar, as she told on the way to the garden'')'),\n"
    "    ('metadata', 'jsonb_build_object(''project'', n % 5000)'), "
    "('tags', 'ARRAY[''tag-'' || n / 5000 % 7, ''rare-'' || n % 20000]'), ('entities', "
    "'''{}''::text[]'),\n"
    "    ('confidence', '1'), ('importance', '0.5'), ('priority', '5'),\n"
    "    ('created_at', 'timestamptz ''2026-01-01'' + n * interval ''1 second'''),\n"
    "    ('updated_at', 'timestamptz ''2026-01-01'' + n * interval ''1 second'''),\n"
    "    ('valid_from', 'timestamptz ''2026-01-01'' + n * interval ''1 second'''),\n"
    "    ('is_deleted', 'false'), ('is_archived', 'false'), ('tier', '''warm'''), ('version', '1'),\n"
    "    ('access_count', '0'), ('source_sequence', 'n * 4096'), ('source_event_id', 'number_id(n)')\n"
    "  ) AS e (name, expression) ON e.name = c.column_name\n"
    "  WHERE c.table_schema = current_schema() AND c.table_name = 'memories';\n"
    "  EXECUTE 'INSERT INTO memories (' || names || ') SELECT ' || expressions ||\n"
    "          ' FROM generate_series(1::bigint, current_setting(''bench.memories'')::bigint) AS n';\n"
    "END $$";

struct bench {
    long memories, questions, runs;
    struct mneme_bench_ground ground;
    struct mneme_postgres *reader; /* as every command connects */
    PGconn *bare;
    uint64_t chance;
};

struct times {
    double ours[MNEME_BENCH_MAX_RUNS], bare[MNEME_BENCH_MAX_RUNS]; /* seconds */
};

static int make(struct bench *bench, struct mneme_error *error) {
    char sql[256];
    int64_t started = mneme_clock_monotonic_micros();
    int status = mneme_bench_schema(&bench->ground, "bench_ask", error);
    snprintf(sql, sizeof sql,
             "SET bench.memories = %ld; CREATE FUNCTION number_id(n bigint) RETURNS uuid IMMUTABLE LANGUAGE "
             "sql AS "
             "$$SELECT ('01940000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid$$",
             bench->memories);
    if (status == MNEME_OK) {
        status = mneme_pg_run(bench->ground.postgres, sql, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(bench->ground.postgres, make_memories, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(bench->ground.postgres, "VACUUM ANALYZE", error);
    }
    fprintf(stderr, "%ld memories after %.1f s\n", bench->memories,
            (double)(mneme_clock_monotonic_micros() - started) / 1e6);
    return status;
}

static int told(const struct bench *bench, struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_UNAVAILABLE, "the bare question failed: %s",
                           PQerrorMessage(bench->bare));
}

static int connect_both(struct bench *bench, struct mneme_error *error) {
    const char *url = mneme_config_string(bench->ground.fixture.config, MNEME_SETTING_DATABASE_URL);
    int status = mneme_query_connect(&bench->reader, bench->ground.fixture.config, "bench-ask", error);
    if (status == MNEME_OK) {
        status = mneme_pg_run(bench->reader, "SET search_path = bench_ask", error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    bench->bare = PQconnectdb(url);
    PGresult *result = PQexec(bench->bare, "SET search_path = bench_ask");
    bool is_fine = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    for (int i = 0; i < KINDS && is_fine; i++) {
        result = PQprepare(bench->bare, kinds[i].name, kinds[i].sql, kinds[i].param_count, NULL);
        is_fine = PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
    }
    return is_fine ? MNEME_OK : told(bench, error);
}

/* --- one question --- */

struct question {
    uint64_t memory; /* 1 … */
    char user[32], tag[32], rare_tag[32], metadata[32];
    char id[MNEME_ID_TEXT_BYTES];
};

static struct question next_question(struct bench *bench) {
    struct question question;
    bench->chance ^= bench->chance << 13; /* xorshift64 */
    bench->chance ^= bench->chance >> 7;
    bench->chance ^= bench->chance << 17;
    question.memory = bench->chance % (uint64_t)bench->memories + 1;
    snprintf(question.user, sizeof question.user, "user-%llu", (unsigned long long)question.memory % USERS);
    snprintf(question.tag, sizeof question.tag, "tag-%llu", (unsigned long long)question.memory % 7);
    snprintf(question.rare_tag, sizeof question.rare_tag, "rare-%llu",
             (unsigned long long)question.memory % 20000);
    snprintf(question.metadata, sizeof question.metadata, "{\"project\":%llu}",
             (unsigned long long)question.memory % 5000);
    snprintf(question.id, sizeof question.id, "01940000-0000-7000-8000-%012llx",
             (unsigned long long)question.memory);
    return question;
}

static bool see_row(const void *row, void *context) {
    *(size_t *)context += ((const struct mneme_memory_row *)row)->content.len > 0;
    return true;
}

static int ask_ours(size_t *rows, const struct bench *bench, enum kind kind, const struct question *question,
                    struct mneme_error *error) {
    if (kind == GET) {
        struct mneme_memory_key key = {.tenant = MNEME_STR_LIT("default")};
        int status = mneme_id_parse(&key.id, mneme_str_from(question->id), error);
        return status == MNEME_OK ? mneme_memory_get(bench->reader, &key, see_row, rows, NULL, error)
                                  : status;
    }
    struct mneme_memory_filter filter = {.tenant = MNEME_STR_LIT("default"), .limit = LIMIT};
    struct mneme_str type = kind == TYPE ? MNEME_STR_LIT("hypothesis") : MNEME_STR_LIT("fact");
    struct mneme_str tag = mneme_str_from(kind == TAG ? question->rare_tag : question->tag);
    if (kind == LIST || kind == FILTERED) {
        filter.user_id = mneme_str_from(question->user);
    } else {
        filter.agent_id = MNEME_STR_LIT("assistant");
    }
    if (kind == FILTERED || kind == TYPE) {
        filter.types = (struct mneme_str_array){.items = &type, .count = 1, .is_set = true};
    }
    if (kind == FILTERED || kind == TAG) {
        filter.tags = (struct mneme_str_array){.items = &tag, .count = 1, .is_set = true};
    }
    if (kind == METADATA) {
        filter.metadata = mneme_str_from(question->metadata);
    }
    return mneme_memory_list(bench->reader, &filter, see_row, rows, NULL, error);
}

static int ask_bare(size_t *rows, const struct bench *bench, enum kind kind, const struct question *question,
                    struct mneme_error *error) {
    const char *const of_kind[KINDS][3] = {
        [GET] = {question->id},
        [LIST] = {question->user},
        [FILTERED] = {question->user, "fact", question->tag},
        [TYPE] = {"assistant", "hypothesis"},
        [TAG] = {"assistant", question->rare_tag},
        [METADATA] = {"assistant", question->metadata},
    };
    const char *values[] = {"default", of_kind[kind][0], of_kind[kind][1], of_kind[kind][2]};
    PGresult *result =
        PQexecPrepared(bench->bare, kinds[kind].name, kinds[kind].param_count, values, NULL, NULL, 1);
    bool is_fine = PQresultStatus(result) == PGRES_TUPLES_OK;
    *rows += is_fine ? (size_t)PQntuples(result) : 0;
    PQclear(result);
    return is_fine ? MNEME_OK : told(bench, error);
}

typedef int ask_fn(size_t *rows, const struct bench *bench, enum kind kind, const struct question *question,
                   struct mneme_error *error);

/* A turn of one side, from a given point of chance on. */
static int take_turn(double *seconds, size_t *rows, struct bench *bench, enum kind kind, ask_fn *ask,
                     uint64_t chance, struct mneme_error *error) {
    int64_t started = mneme_clock_monotonic_micros();
    int status = MNEME_OK;
    bench->chance = chance;
    for (long i = 0; i < bench->questions / TURNS && status == MNEME_OK; i++) {
        struct question question = next_question(bench);
        status = ask(rows, bench, kind, &question, error);
    }
    *seconds += (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    return status;
}

static int run_once(struct times *times, long run, struct bench *bench, enum kind kind,
                    struct mneme_error *error) {
    size_t ours_rows = 0;
    size_t bare_rows = 0;
    int status = MNEME_OK;
    times->ours[run] = times->bare[run] = 0;
    for (int turn = 0; turn < TURNS && status == MNEME_OK; turn++) {
        uint64_t chance = bench->chance;
        for (int side = 0; side < 2 && status == MNEME_OK; side++) {
            /* By turns each is the first, who has to read from the disk what the other then finds in memory.
             */
            bool is_ours = (side + turn) % 2 == 0;
            status =
                take_turn(is_ours ? &times->ours[run] : &times->bare[run], is_ours ? &ours_rows : &bare_rows,
                          bench, kind, is_ours ? ask_ours : ask_bare, chance, error);
        }
    }
    if (status == MNEME_OK && (ours_rows != bare_rows || ours_rows == 0)) {
        status = mneme_error_set(error, MNEME_E_INTERNAL, "%s gave %zu rows, bare SQL %zu", kinds[kind].name,
                                 ours_rows, bare_rows);
    }
    return status;
}

/* --- the whole --- */

struct result {
    double ours, bare; /* questions a second */
};

static void print_line(const char *variant, const struct result *result, const struct bench *bench,
                       const struct times *times) {
    printf(
        "{\"bench\":\"ask\",\"variant\":\"%s\",\"memories\":%ld,\"ours\":%.0f,\"limit\":%.0f,\"ratio\":%.3f,"
        "\"unit\":\"questions/s\",\"runs\":[",
        variant, bench->memories, result->ours, result->bare, result->ours / result->bare);
    double questions = (double)(bench->questions - bench->questions % TURNS);
    for (long i = 0; i < bench->runs; i++) {
        printf("%s[%.0f,%.0f]", i > 0 ? "," : "", questions / times->ours[i], questions / times->bare[i]);
    }
    printf("]}\n");
}

static int measure(struct bench *bench, struct mneme_error *error) {
    static struct times times[KINDS];
    struct result results[KINDS];
    int worst = 0;
    int status = MNEME_OK;
    double questions = (double)(bench->questions - bench->questions % TURNS);
    for (long run = -1; run < bench->runs && status == MNEME_OK; run++) { /* the first warms both up */
        for (int kind = 0; kind < KINDS && status == MNEME_OK; kind++) {
            status = run_once(&times[kind], run < 0 ? 0 : run, bench, (enum kind)kind, error);
        }
    }
    for (int kind = 0; kind < KINDS && status == MNEME_OK; kind++) {
        results[kind] =
            (struct result){questions / mneme_bench_median(times[kind].ours, (size_t)bench->runs),
                            questions / mneme_bench_median(times[kind].bare, (size_t)bench->runs)};
        print_line(kinds[kind].name, &results[kind], bench, &times[kind]);
        if (results[kind].ours / results[kind].bare < results[worst].ours / results[worst].bare) {
            worst = kind;
        }
    }
    if (status == MNEME_OK) {
        print_line("lowest", &results[worst], bench, &times[worst]);
    }
    return status;
}

int main(int argc, char **argv) {
    struct bench bench = {.memories = 1000000, .questions = 2000, .runs = 3, .chance = 20260101};
    const struct mneme_bench_option options[] = {{"memories", &bench.memories, 5000, 100000000, false},
                                                 {"questions", &bench.questions, TURNS, 10000000, false},
                                                 {"runs", &bench.runs, 1, MNEME_BENCH_MAX_RUNS, false}};
    struct mneme_error error = {0};
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    int status = mneme_bench_ground_init(&bench.ground, 1, &error);
    if (status == MNEME_OK) {
        status = make(&bench, &error);
    }
    if (status == MNEME_OK) {
        status = connect_both(&bench, &error);
    }
    if (status == MNEME_OK) {
        status = measure(&bench, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_ask: %s\n", error.message);
    }
    PQfinish(bench.bare);
    if (bench.reader != NULL) {
        mneme_pg_close(bench.reader);
    }
    mneme_bench_ground_clean_up(&bench.ground);
    return status == MNEME_OK ? 0 : 1;
}
