#include "operations/memory/scope.h"

#include <stdio.h>

#include "common/base/uuid.h"
#include "operations/memory/fields.h"
#include "producers/client.h"

#define PAGE 1000 /* memories read at once */

/* --- which --- */

int mneme_scope_of(struct mneme_memory_filter *out, const struct mneme_op_request *request, const char *what,
                   struct mneme_error *error) {
    *out = (struct mneme_memory_filter){
        .tenant = mneme_op_tenant(request),
        .user_id = mneme_op_common_text(request, MNEME_OP_USER),
        .agent_id = mneme_op_common_text(request, MNEME_OP_AGENT),
        .run_id = mneme_op_common_text(request, MNEME_OP_RUN),
        .conversation_id = mneme_op_common_text(request, MNEME_OP_CONVERSATION),
    };
    if (out->user_id.data != NULL || out->agent_id.data != NULL || out->run_id.data != NULL ||
        out->conversation_id.data != NULL) {
        return MNEME_OK;
    }
    char labels[4][MNEME_OP_LABEL_BYTES];
    for (int i = 0; i < 4; i++) {
        mneme_op_label(labels[i], request, mneme_op_common_field((enum mneme_op_common)(MNEME_OP_USER + i)));
    }
    return mneme_error_set(error, MNEME_E_UNSAFE,
                           "nothing was %s: without a scope, everybody's memories would be affected; name "
                           "%s, %s, %s or %s",
                           what, labels[0], labels[1], labels[2], labels[3]);
}

static void add_condition(struct mneme_buffer *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_condition(struct mneme_buffer *text, const char *format, ...) {
    char condition[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(condition, sizeof condition, format, arguments);
    va_end(arguments);
    mneme_buffer_printf(text, "%s%s", text->len > 0 ? " AND " : "", condition);
}

/* The rule becomes a filter that a user could have given, so that exactly the memories that a list shows are
 * archived. */
int mneme_scope_add_rule(struct mneme_memory_filter *filter, bool *is_empty,
                         const struct mneme_scope_rule *rule, struct mneme_arena *arena,
                         struct mneme_error *error) {
    struct mneme_buffer text = {0};
    if (rule->older_than_micros.is_set) {
        char before[MNEME_RFC3339_BYTES];
        mneme_clock_format_rfc3339(mneme_clock_now_micros() - rule->older_than_micros.value, before);
        add_condition(&text, "created_at lt \"%s\"", before);
    }
    if (rule->below_importance.is_set) {
        add_condition(&text, "importance lt %.17g", rule->below_importance.value);
    }
    if (rule->accessed_under.is_set) {
        add_condition(&text, "access_count lt %lld", (long long)rule->accessed_under.value);
    }
    if (rule->below_priority.is_set) {
        add_condition(&text, "priority lt %.17g", rule->below_priority.value);
    }
    *is_empty = text.len == 0;
    struct mneme_str expression =
        *is_empty ? MNEME_STR_NULL : mneme_arena_copy(arena, mneme_buffer_str(&text));
    int status = text.failed || (!*is_empty && expression.data == NULL)
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                       "nothing was archived: memory is exhausted; free some")
                     : mneme_filter_parse(&filter->filter, expression, arena, error);
    mneme_buffer_clean_up(&text);
    return status;
}

/* --- what is done --- */

int mneme_scope_publish(struct mneme_op_call *call, enum mneme_scope_action action,
                        const struct mneme_memory_row *memory, struct mneme_str reason,
                        struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    bool is_deletion = action == MNEME_SCOPE_DELETE;
    struct mneme_event event;
    int status =
        mneme_event_make(&event, mneme_op_tenant(request),
                         is_deletion ? MNEME_EVENT_MEMORY_DELETED : MNEME_EVENT_MEMORY_ARCHIVED, error);
    event.stream_id = memory->stream_id;
    event.scope = (struct mneme_scope){.user_id = memory->user_id,
                                       .agent_id = memory->agent_id,
                                       .run_id = memory->run_id,
                                       .conversation_id = memory->conversation_id};
    event.correlation_id = mneme_op_common_text(request, MNEME_OP_CORRELATION);
    event.causation_id = mneme_op_common_text(request, MNEME_OP_CAUSATION);
    event.actor = mneme_op_common_text(request, MNEME_OP_ACTOR);
    if (is_deletion) {
        event.payload.memory_deleted =
            (struct mneme_memory_deleted){.memory_id = memory->id, .reason = reason};
    } else {
        /* Only if it still has the version that was read. */
        event.payload.memory_archived = (struct mneme_memory_archived){
            .memory_id = memory->id, .expected_memory_version = {memory->version, true}, .reason = reason};
    }
    return status == MNEME_OK ? mneme_op_call_publish(call, &event, error) : status;
}

struct run {
    struct mneme_op_call *call;
    enum mneme_scope_action action;
    struct mneme_str reason;
    struct mneme_scope_counts *counts;
    struct mneme_op_rows *rows; /* receives the memories that are shown; NULL: the memories are changed */
    int status;
    struct mneme_error *error;

    /* The last row: where the next page begins. */
    struct mneme_cursor cursor;
    struct mneme_arena arena; /* holds the cursor's stream */
    char id[MNEME_UUID_TEXT_BYTES];
};

static bool take(const void *row, void *context) {
    const struct mneme_memory_row *memory = row;
    struct run *run = context;
    mneme_uuid_format(memory->id, run->id);
    mneme_arena_reset(&run->arena, SIZE_MAX);
    run->cursor = (struct mneme_cursor){.micros = memory->created_at,
                                        .id = {run->id, sizeof run->id},
                                        .stream_id = mneme_arena_copy(&run->arena, memory->stream_id),
                                        .is_set = true};
    if (run->cursor.stream_id.data == NULL) {
        run->status = mneme_error_set(run->error, MNEME_E_NO_MEMORY,
                                      "not all memories were found: memory is exhausted; free some");
        return false;
    }
    run->counts->selected++;
    if (run->rows != NULL) {
        return mneme_op_rows_visit(row, run->rows);
    }
    run->status = mneme_scope_publish(run->call, run->action, memory, run->reason, run->error);
    return run->status == MNEME_OK && !mneme_cancel_is_due(run->call->cancel);
}

static int visit_pages(struct run *run, struct mneme_postgres *postgres, struct mneme_memory_filter *filter) {
    size_t count = PAGE;
    int64_t selected = -1;
    int status = MNEME_OK;
    while (count == PAGE && status == MNEME_OK && run->status == MNEME_OK &&
           !mneme_cancel_is_due(run->call->cancel) && run->counts->selected != selected) {
        selected = run->counts->selected;
        filter->cursor = run->cursor;
        filter->limit = PAGE;
        status = mneme_memory_list(postgres, filter, take, run, &count, run->error);
    }
    return status != MNEME_OK ? status : run->status;
}

int mneme_scope_run(struct mneme_scope_counts *counts, struct mneme_op_call *call,
                    enum mneme_scope_action action, struct mneme_memory_filter *filter,
                    struct mneme_str reason, bool is_dry, struct mneme_error *error) {
    struct mneme_postgres *postgres;
    struct mneme_op_rows rows = mneme_memory_rows(call, 0);
    struct run run = {.call = call,
                      .action = action,
                      .reason = reason,
                      .counts = counts,
                      .rows = is_dry ? &rows : NULL,
                      .error = error};
    int64_t done, failed;
    mneme_arena_init(&run.arena, 0);
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    if (status == MNEME_OK) {
        status = visit_pages(&run, postgres, filter);
    }
    mneme_arena_clean_up(&run.arena);
    mneme_op_rows_clean_up(&rows);
    if (!is_dry) {
        int flushed = mneme_op_call_flush(&done, &failed, call, status == MNEME_OK ? error : NULL);
        counts->done = done;
        counts->failed = failed;
        status = status != MNEME_OK ? status : flushed;
    }
    return status;
}

/* --- what is reported --- */

struct report_row {
    struct mneme_scope_policy_receipt policy;
    struct mneme_scope_counts counts;
    bool is_dry;
};

#define COLUMN(name, kind, member)                                                                           \
    { name, kind, offsetof(struct report_row, member) }

void mneme_scope_report_archived(struct mneme_op_call *call, const struct mneme_scope_counts *counts,
                                 bool is_dry, const struct mneme_scope_policy_receipt *policy) {
    static const struct mneme_row_column columns[] = {
        COLUMN("event_id", MNEME_ROW_UUID, policy.event_id),
        COLUMN("position", MNEME_ROW_POSITION, policy.position),
        COLUMN("stream_id", MNEME_ROW_STR, policy.stream_id),
        COLUMN("selected", MNEME_ROW_LONG, counts.selected),
        COLUMN("archived", MNEME_ROW_LONG, counts.done),
        COLUMN("failed", MNEME_ROW_LONG, counts.failed),
        COLUMN("dry_run", MNEME_ROW_BOOL, is_dry),
    };
    const size_t count = sizeof columns / sizeof *columns;
    const size_t of_policy = 3;
    struct report_row row = {.counts = *counts, .is_dry = is_dry};
    struct mneme_buffer text = {0};
    if (policy != NULL) {
        row.policy = *policy;
        mneme_buffer_printf(&text, "policy set: %.*s %d:%lld\n", MNEME_STR_ARG(policy->stream_id),
                            (int)policy->position.partition, (long long)policy->position.offset);
    }
    mneme_buffer_printf(&text, "%lld memories %sarchived",
                        (long long)(is_dry ? counts->selected : counts->done), is_dry ? "would be " : "");
    size_t first = policy == NULL ? of_policy : 0;
    const struct mneme_op_row shown = {.columns = columns + first,
                                       .column_count = count - first,
                                       .cells = &row,
                                       .sentence = mneme_buffer_str(&text)};
    (void)call->sink->on_row(&shown, call->sink->context);
    mneme_buffer_clean_up(&text);
}
