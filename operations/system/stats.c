/*
 * stats: counts memories and what the tables hold.
 */
#include "common/redis/info.h"
#include "operations/fields.h"
#include "operations/statements.h"
#include "operations/system/system.h"
#include "queries/status.h"
#include "sql/embedded.h"

enum { TYPES, FILTER, SYSTEM, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [TYPES] = {.name = "memory_types",
               .option = "type",
               .letter = 't',
               .type = MNEME_OP_LIST,
               .shown = "TYPE,…",
               .help = "Any of these types."},
    [FILTER] = {.name = "filter", .type = MNEME_OP_FILTER, .help = "Only memories that match this filter."},
    [SYSTEM] = {.name = "system",
                .type = MNEME_OP_FLAG,
                .help = "Also the tenant's log, its vectors, Redis and Postgres, as they are now."},
};

static const struct mneme_op_column memory_columns[] = {
    MNEME_OP_SHOWN("kind", MNEME_ROW_STR, "BY"),
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_SHOWN("memory_type", MNEME_ROW_STR, "TYPE"),
    MNEME_OP_SHOWN("tier", MNEME_ROW_STR, "TIER"),
    MNEME_OP_SHOWN("total", MNEME_ROW_OPT_LONG, "TOTAL"),
    MNEME_OP_SHOWN("active", MNEME_ROW_OPT_LONG, "ACTIVE"),
    MNEME_OP_BESIDE("deleted", MNEME_ROW_OPT_LONG),
    MNEME_OP_BESIDE("archived", MNEME_ROW_OPT_LONG),
    MNEME_OP_BESIDE("expired", MNEME_ROW_OPT_LONG),
    MNEME_OP_SHOWN("mean_confidence", MNEME_ROW_OPT_DOUBLE, "CONFIDENCE"),
    MNEME_OP_SHOWN("latest", MNEME_ROW_OPT_TIME, "LATEST"),
    {0},
};

static const struct mneme_op_column system_columns[] = {
    MNEME_OP_BESIDE("kind", MNEME_ROW_STR),
    MNEME_OP_SHOWN("memories", MNEME_ROW_OPT_LONG, "MEMORIES"),
    MNEME_OP_SHOWN("conversations", MNEME_ROW_OPT_LONG, "CONVERSATIONS"),
    MNEME_OP_SHOWN("turns", MNEME_ROW_OPT_LONG, "TURNS"),
    MNEME_OP_SHOWN("knowledge", MNEME_ROW_OPT_LONG, "KNOWLEDGE"),
    MNEME_OP_SHOWN("profiles", MNEME_ROW_OPT_LONG, "PROFILES"),
    MNEME_OP_SHOWN("decisions", MNEME_ROW_OPT_LONG, "DECISIONS"),
    MNEME_OP_SHOWN("handoffs", MNEME_ROW_OPT_LONG, "HANDOFFS"),
    {0},
};

static const struct mneme_op_column log_columns[] = {
    MNEME_OP_BESIDE("kind", MNEME_ROW_STR),
    MNEME_OP_SHOWN("events_last_hour", MNEME_ROW_OPT_LONG, "EVENTS IN THE LAST HOUR"),
    MNEME_OP_SHOWN("events_per_minute", MNEME_ROW_OPT_DOUBLE, "PER MINUTE"),
    MNEME_OP_SHOWN("unique_streams", MNEME_ROW_OPT_LONG, "STREAMS"),
    MNEME_OP_SHOWN("unique_event_types", MNEME_ROW_OPT_LONG, "EVENT TYPES"),
    MNEME_OP_BESIDE("event_types_breakdown", MNEME_ROW_JSON),
    {0},
};

static const struct mneme_op_column service_columns[] = {
    MNEME_OP_BESIDE("kind", MNEME_ROW_STR),
    MNEME_OP_SHOWN("postgres", MNEME_ROW_JSON, "POSTGRES"),
    MNEME_OP_SHOWN("redis", MNEME_ROW_JSON, "REDIS"),
    MNEME_OP_SHOWN("vector", MNEME_ROW_JSON, "VECTORS"),
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_stats_memories,
     .what = "memories were not counted",
     .inputs = (const int[]){MNEME_OP_INPUT(MNEME_OP_AGENT), MNEME_OP_INPUT(MNEME_OP_USER),
                             MNEME_OP_INPUT(MNEME_OP_RUN), MNEME_OP_INPUT(MNEME_OP_CONVERSATION), TYPES,
                             MNEME_OP_END},
     .columns = memory_columns},
    {.sql = mneme_sql_stats_system, .what = "the tables were not counted", .columns = system_columns},
    {.sql = mneme_sql_stats_log,
     .what = "the events of the ledger were not counted",
     .columns = log_columns,
     .only_with = SYSTEM + 1},
    {0},
};

/* --- --system: what the services say --- */

struct services {
    struct mneme_opt_long connections, vectors, redis_memory;
    struct mneme_opt_double
        redis_hit_rate; /* the share of look-ups since Redis started that found something */
};

static bool take_long(const void *row, void *context) {
    *(struct mneme_opt_long *)context = (struct mneme_opt_long){*(const int64_t *)row, true};
    return true;
}

static int ask_number(struct mneme_opt_long *out, struct mneme_postgres *postgres, const char *column,
                      const char *sql, const struct mneme_pg_params *params, struct mneme_error *error) {
    const struct mneme_row_column columns[] = {{column, MNEME_ROW_LONG, 0}};
    const struct mneme_question question = {"the system was not counted", sql, columns, 1, sizeof(int64_t)};
    return mneme_query_run(postgres, &question, params, take_long, out, NULL, error);
}

static int ask_postgres(struct services *out, struct mneme_op_call *call, struct mneme_error *error) {
    struct mneme_postgres *postgres;
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    return status == MNEME_OK ? ask_number(&out->connections, postgres, "connections",
                                           mneme_sql_stats_connections, NULL, error)
                              : status;
}

/* The number of vectors stays unset if nothing was ever embedded. */
static int ask_vectors(struct services *out, struct mneme_op_call *call, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_pg_params params = {0};
    bool is_there = false;
    int status = mneme_pg_connect_to(&postgres, call->config, MNEME_PROJECTION_EMBED, "mneme-stats", error);
    if (status == MNEME_OK) {
        mneme_pg_set_cancel(postgres, call->cancel);
        status = mneme_status_enter(&is_there, postgres, call->config,
                                    &mneme_projections[MNEME_PROJECTION_EMBED], error);
    }
    if (status == MNEME_OK && is_there) {
        mneme_pg_param_str(&params, mneme_op_tenant(call->request));
        status = ask_number(&out->vectors, postgres, "total", mneme_sql_stats_vectors, &params, error);
    }
    mneme_pg_params_clean_up(&params);
    mneme_pg_close(postgres);
    return status;
}

/* An unreachable Redis is not a failure: its numbers are null. */
static void ask_redis(struct services *out, const struct mneme_op_call *call) {
    const struct mneme_redis_options options = {
        .timeout_ms = mneme_config_long(call->config, MNEME_SETTING_REDIS_TIMEOUT_MS)};
    struct mneme_redis *redis = NULL;
    struct mneme_buffer info = {0};
    struct mneme_error ignored = {0};
    if (mneme_redis_open(&redis, mneme_config_string(call->config, MNEME_SETTING_REDIS_URL), &options,
                         &ignored) == MNEME_OK &&
        mneme_redis_info(&info, redis, NULL, &ignored) == MNEME_OK) {
        int64_t hits = mneme_redis_info_number(&info, "keyspace_hits");
        int64_t all = hits + mneme_redis_info_number(&info, "keyspace_misses");
        int64_t used = mneme_redis_info_number(&info, "used_memory");
        out->redis_memory = (struct mneme_opt_long){used, used >= 0};
        out->redis_hit_rate =
            (struct mneme_opt_double){all > 0 ? (double)hits / (double)all : 0, hits >= 0 && all > 0};
    }
    mneme_buffer_clean_up(&info);
    mneme_redis_close(redis);
}

static void put_long(struct mneme_json_writer *json, const char *key, struct mneme_opt_long value) {
    mneme_json_key(json, mneme_str_from(key));
    if (value.is_set) {
        mneme_json_long(json, value.value);
    } else {
        mneme_json_null(json);
    }
}

static void services_json(const struct services *services, struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("kind"));
    mneme_json_string(json, MNEME_STR_LIT("services"));
    mneme_json_key(json, MNEME_STR_LIT("postgres"));
    mneme_json_begin_object(json);
    put_long(json, "active_connections", services->connections);
    mneme_json_end_object(json);
    mneme_json_key(json, MNEME_STR_LIT("redis"));
    mneme_json_begin_object(json);
    put_long(json, "used_memory", services->redis_memory);
    mneme_json_key(json, MNEME_STR_LIT("hit_rate"));
    if (services->redis_hit_rate.is_set) {
        mneme_json_double(json, services->redis_hit_rate.value);
    } else {
        mneme_json_null(json);
    }
    mneme_json_end_object(json);
    mneme_json_key(json, MNEME_STR_LIT("vector"));
    mneme_json_begin_object(json);
    put_long(json, "total_embeddings", services->vectors);
    mneme_json_end_object(json);
    mneme_json_end_object(json);
}

static int read_services(struct mneme_op_call *call, struct mneme_error *error) {
    struct services services = {0};
    struct mneme_buffer text = {0};
    struct mneme_json_writer json = {.out = &text};
    struct mneme_op_rows rows = {.call = call, .shown = service_columns};
    bool goes_on;
    int status = ask_postgres(&services, call, error);
    if (status == MNEME_OK) {
        status = ask_vectors(&services, call, error);
    }
    if (status == MNEME_OK) {
        ask_redis(&services, call);
        services_json(&services, &json);
        mneme_op_note(call, MNEME_OP_NOTE_TABLE, MNEME_STR_LIT(""));
        status = text.failed ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                               "the system was not counted: memory is exhausted; free some")
                             : mneme_op_rows_put_object(&goes_on, &rows, mneme_buffer_str(&text), error);
    }
    mneme_op_rows_clean_up(&rows);
    mneme_buffer_clean_up(&text);
    return status;
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    int status = mneme_op_statements_run(call, error);
    return status == MNEME_OK && call->request->own[SYSTEM].is_set ? read_services(call, error) : status;
}

/* The state of the log and the services is known only for the present. */
static int check(struct mneme_op_request *request, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    char as_of[MNEME_OP_LABEL_BYTES];
    if (!request->own[SYSTEM].is_set || !request->common[MNEME_OP_AS_OF].is_set) {
        return MNEME_OK;
    }
    return mneme_error_set(
        error, MNEME_E_USAGE,
        "nothing was counted: %s shows the present, and %s asks about the past; give one of them",
        mneme_op_label(label, request, &fields[SYSTEM]),
        mneme_op_label(as_of, request, mneme_op_common_field(MNEME_OP_AS_OF)));
}

const struct mneme_operation mneme_op_stats = {
    .name = "stats",
    .summary = "Count memories by agent, type and tier, and what the tables hold.",
    .details =
        "total counts all memories, deleted ones too; active those that are not deleted, archived or "
        "expired; the mean confidence is that of the active ones, and latest is the latest creation time. "
        "The "
        "last row counts what the tenant's tables hold, regardless of the scope.\n"
        "--json: "
        "{\"kind\":\"agent\"|\"tier\"|\"all\",\"agent_id\",\"memory_type\",\"tier\",\"total\","
        "\"active\",\"deleted\",\n"
        "\"archived\",\"expired\",\"mean_confidence\",\"latest\"}, then "
        "{\"kind\":\"system\",\"memories\",…}; with --system also {\"kind\":\"log\",\"events_last_hour\", "
        "\"events_per_minute\",\"unique_streams\",\"unique_event_types\","
        "\"event_types_breakdown\":{TYPE:EVENTS}} and\n"
        "{\"kind\":\"services\",\"postgres\":{\"active_connections\"},\"redis\":"
        "{\"used_memory\",\"hit_rate\"},\n"
        "\"vector\":{\"total_embeddings\"}}, where a service that is away is null.",
    .examples = "  mneme stats\n"
                "  mneme stats --user ada --json\n"
                "  mneme stats --system\n"
                "  mneme stats --agent planner --filter 'tags contains tea' --as-of 2026-01-31\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = memory_columns,
    .check = check,
    .read = read,
    .statements = statements,
};
