/*
 * An answer of recall on stdout.
 */
#include <math.h>
#include <stdio.h>

#include "cli/frame/listing.h"
#include "cli/frame/output.h"
#include "cli/frame/show.h"
#include "cli/recall/recall.h"
#include "common/base/clock.h"

/* --- scores: whole millionths, so that the parts add up in decimal too --- */

static void write_points(struct mneme_buffer *out, int64_t points) {
    int64_t size = points < 0 ? -points : points;
    mneme_buffer_clear(out);
    mneme_buffer_printf(out, "%s%lld.%06lld", points < 0 ? "-" : "", (long long)(size / MNEME_RANK_UNIT),
                        (long long)(size % MNEME_RANK_UNIT));
}

static void put_points(struct mneme_json_writer *json, const char *name, int64_t points) {
    struct mneme_buffer text = {0};
    write_points(&text, points);
    mneme_json_key(json, mneme_str_from(name));
    mneme_json_raw(json, mneme_buffer_str(&text));
    mneme_buffer_clean_up(&text);
}

/* --- JSON lines --- */

static void put_string(struct mneme_json_writer *json, const char *name, struct mneme_str value) {
    mneme_json_key(json, mneme_str_from(name));
    mneme_json_string(json, value);
}

static void put_scope(struct mneme_json_writer *json, const struct mneme_candidate *document) {
    mneme_json_key(json, MNEME_STR_LIT("scope"));
    mneme_json_begin_object(json);
    put_string(json, "user_id", document->user_id);
    put_string(json, "agent_id", document->agent_id);
    put_string(json, "run_id", document->run_id);
    put_string(json, "conversation_id", document->conversation_id);
    mneme_json_end_object(json);
}

static void put_place(struct mneme_json_writer *json, const struct mneme_candidate *document) {
    put_string(json, "conversation_id", document->conversation_id);
    mneme_json_key(json, MNEME_STR_LIT("turn_index"));
    if (document->position.is_set) {
        mneme_json_long(json, document->position.value);
    } else {
        mneme_json_null(json);
    }
    put_string(json, "speaker", document->speaker);
}

static void put_memory(struct mneme_json_writer *json, const struct mneme_candidate *document) {
    const struct mneme_candidate_memory *memory = &document->memory;
    put_string(json, "memory_type", memory->memory_type);
    mneme_json_key(json, MNEME_STR_LIT("metadata"));
    mneme_json_raw(json, memory->metadata);
    mneme_json_key(json, MNEME_STR_LIT("importance"));
    mneme_json_double(json, memory->importance);
    mneme_json_key(json, MNEME_STR_LIT("confidence"));
    mneme_json_double(json, memory->confidence);
    mneme_json_key(json, MNEME_STR_LIT("access_count"));
    mneme_json_long(json, memory->access_count);
}

static void put_parts(struct mneme_json_writer *json, const struct mneme_recall_result *result) {
    mneme_json_key(json, MNEME_STR_LIT("explain"));
    mneme_json_begin_object(json);
    for (size_t part = 0; part < MNEME_RANK_PART_COUNT; part++) {
        put_points(json, mneme_rank_part_names[part], result->parts[part]);
    }
    mneme_json_end_object(json);
}

static void write_result(const struct mneme_cli *cli, struct mneme_json_writer *json,
                         const struct mneme_recall_result *result) {
    const struct mneme_candidate *document = result->document;
    mneme_json_begin_object(json);
    put_points(json, "score", result->score);
    put_string(json, "kind", document->kind);
    put_string(json, "id", document->ref);
    put_string(json, "text", document->text);
    put_scope(json, document);
    mneme_json_key(json, MNEME_STR_LIT("created_at"));
    mneme_json_time(json, document->created_at);
    put_place(json, document);
    put_string(json, "stream_id", document->stream_id);
    mneme_json_key(json, MNEME_STR_LIT("similarity"));
    if (isnan(result->similarity)) {
        mneme_json_null(json);
    } else {
        mneme_json_double(json, result->similarity);
    }
    if (document->is_memory) {
        put_memory(json, document);
    }
    if (mneme_cli_flag(cli, "explain")) {
        put_parts(json, result);
    }
    mneme_json_end_object(json);
}

/* The time that the question names, as it was understood. */
static void put_time(struct mneme_json_writer *json, const struct mneme_time_span *time) {
    mneme_json_key(json, MNEME_STR_LIT("time"));
    if (!time->is_set) {
        mneme_json_null(json);
        return;
    }
    mneme_json_begin_object(json);
    put_string(json, "words", time->words);
    mneme_json_key(json, MNEME_STR_LIT("since"));
    mneme_json_time(json, time->first);
    mneme_json_key(json, MNEME_STR_LIT("until"));
    mneme_json_time(json, time->last);
    mneme_json_end_object(json);
}

static void write_summary(const struct mneme_cli *cli, struct mneme_json_writer *json,
                          const struct mneme_recalled *recalled) {
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("degraded"));
    mneme_json_begin_array(json);
    for (size_t i = 0; i < recalled->degraded_count; i++) {
        mneme_json_string(json, mneme_str_from(recalled->degraded[i]));
    }
    mneme_json_end_array(json);
    put_time(json, &recalled->time);
    if (cli->stale->len > 0) {
        mneme_json_key(json, MNEME_STR_LIT("stale"));
        mneme_json_raw(json, mneme_buffer_str(cli->stale));
        mneme_buffer_clear(cli->stale); /* told here, not in a line of its own */
    }
    mneme_json_key(json, MNEME_STR_LIT("results"));
    mneme_json_long(json, (int64_t)recalled->count);
    mneme_json_key(json, MNEME_STR_LIT("took_ms"));
    mneme_json_double(json, (double)recalled->took_micros / 1000);
    mneme_json_key(json, MNEME_STR_LIT("embedding_ms"));
    mneme_json_double(json, (double)recalled->embedding_micros / 1000);
    mneme_json_end_object(json);
}

static enum mneme_exit show_json(const struct mneme_cli *cli, const struct mneme_recalled *recalled) {
    struct mneme_buffer line = {0};
    enum mneme_exit code = MNEME_EXIT_DONE;
    for (size_t i = 0; i <= recalled->count && code == MNEME_EXIT_DONE; i++) {
        struct mneme_json_writer json = {.out = &line};
        if (i < recalled->count) {
            write_result(cli, &json, &recalled->results[i]);
        } else {
            write_summary(cli, &json, recalled);
        }
        code = mneme_cli_put_line(&line);
    }
    mneme_buffer_clean_up(&line);
    return code;
}

/* --- tables --- */

static const char *const headings[] = {"SCORE", "WHEN", "WHERE", "TEXT", NULL};

static void add_where(struct mneme_table *table, struct mneme_buffer *text,
                      const struct mneme_candidate *document) {
    mneme_buffer_clear(text);
    if (document->conversation_id.data != NULL && document->position.is_set) {
        mneme_buffer_printf(text, "%.*s %lld", MNEME_STR_ARG(document->conversation_id),
                            (long long)document->position.value);
    } else {
        mneme_buffer_append_str(text, document->ref);
    }
    mneme_table_cell(table, mneme_buffer_str(text));
}

/* Under a result, what its score is made of: "lexical 0.2 + semantic 0.5 …", nothing for parts of 0. */
static void explain(const struct mneme_recall_result *result, struct mneme_buffer *number) {
    write_points(number, result->score);
    printf("%.*s  %.*s =", MNEME_STR_ARG(mneme_buffer_str(number)), MNEME_STR_ARG(result->document->ref));
    for (size_t part = 0; part < MNEME_RANK_PART_COUNT; part++) {
        if (result->parts[part] != 0) {
            write_points(number, result->parts[part]);
            printf(" %s %.*s", mneme_rank_part_names[part], MNEME_STR_ARG(mneme_buffer_str(number)));
        }
    }
    putchar('\n');
}

static void explain_time(const struct mneme_time_span *time) {
    char first[MNEME_RFC3339_BYTES];
    char last[MNEME_RFC3339_BYTES];
    if (time->is_set) {
        mneme_clock_format_rfc3339(time->first, first);
        mneme_clock_format_rfc3339(time->last, last);
        printf("date: \"%.*s\" is %s to %s\n", MNEME_STR_ARG(time->words), first, last);
    }
}

static void show_table(const struct mneme_cli *cli, const struct mneme_recalled *recalled) {
    struct mneme_table table;
    struct mneme_buffer text = {0};
    mneme_table_init(&table, headings);
    for (size_t i = 0; i < recalled->count; i++) {
        const struct mneme_recall_result *result = &recalled->results[i];
        mneme_buffer_clear(&text);
        mneme_buffer_printf(&text, "%.3f", (double)result->score / MNEME_RANK_UNIT);
        mneme_table_cell(&table, mneme_buffer_str(&text));
        mneme_show_cell_time(&table, result->document->created_at);
        add_where(&table, &text, result->document);
        mneme_table_cell(&table, result->document->text);
    }
    mneme_table_print(&table, stdout, cli->stdout_is_terminal ? cli->terminal_columns : 0);
    for (size_t i = 0; i < recalled->count && mneme_cli_flag(cli, "explain"); i++) {
        explain(&recalled->results[i], &text);
    }
    if (mneme_cli_flag(cli, "explain")) {
        explain_time(&recalled->time);
    }
    mneme_buffer_clean_up(&text);
    mneme_table_clean_up(&table);
}

enum mneme_exit mneme_recall_show(const struct mneme_cli *cli, const struct mneme_recalled *recalled) {
    if (cli->json) {
        return show_json(cli, recalled);
    }
    if (recalled->count > 0) {
        show_table(cli, recalled);
    }
    fflush(stdout);
    if (recalled->count == 0) {
        fprintf(stderr, "mneme: nothing was found in this scope\n");
    }
    for (size_t i = 0; i < recalled->degraded_count; i++) {
        fprintf(stderr, "mneme: degraded: %s\n", recalled->degraded[i]);
    }
    return MNEME_EXIT_DONE;
}
