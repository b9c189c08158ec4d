/*
 * The ledger: every event with its verdict, decided and sent item by item, so that the server stores rows
 * while the next ones are decided.
 */
#include "consumers/postgres/fold.h"
#include "sql/embedded.h"

#define LEDGER_COLUMNS 20

static void copy_opt_long(struct mneme_buffer *rows, struct mneme_opt_long value) {
    if (value.is_set) {
        mneme_copy_long(rows, value.value);
    } else {
        mneme_copy_null(rows);
    }
}

/* The caller's own fields and the two ids, which win over fields of the same name. */
static void write_metadata(struct mneme_buffer *out, const struct mneme_event *event) {
    mneme_buffer_clear(out);
    struct mneme_json_writer json = {.out = out};
    mneme_json_begin_object(&json);
    for (size_t i = 0; i < event->metadata.count; i++) {
        mneme_json_key(&json, event->metadata.items[i].key);
        mneme_json_string(&json, event->metadata.items[i].value);
    }
    if (event->correlation_id.data != NULL) {
        mneme_json_key(&json, MNEME_STR_LIT("correlation_id"));
        mneme_json_string(&json, event->correlation_id);
    }
    if (event->causation_id.data != NULL) {
        mneme_json_key(&json, MNEME_STR_LIT("causation_id"));
        mneme_json_string(&json, event->causation_id);
    }
    mneme_json_end_object(&json);
}

static void write_row(struct mneme_fold_writer *writer, const struct mneme_batch_item *item,
                      const struct mneme_fold_decision *decision) {
    struct mneme_buffer *rows = &writer->rows;
    const struct mneme_event *event = &item->event;
    mneme_copy_row(rows, LEDGER_COLUMNS);
    mneme_copy_long(rows, mneme_sequence_id(item->position));
    mneme_copy_uuid(rows, event->event_id);
    mneme_copy_str(rows, event->tenant);
    mneme_copy_str(rows, event->stream_id);
    mneme_copy_str(rows, mneme_event_type_name(event));
    copy_opt_long(rows, decision->version);
    mneme_copy_str(rows, mneme_str_from(mneme_verdict_names[decision->verdict]));
    copy_opt_long(rows, event->expected_version);
    copy_opt_long(rows, decision->actual);
    mneme_buffer_clear(&writer->json);
    struct mneme_json_writer json = {.out = &writer->json};
    mneme_event_payload_json(event, &json);
    mneme_copy_jsonb(rows, mneme_buffer_str(&writer->json));
    write_metadata(&writer->json, event);
    mneme_copy_jsonb(rows, mneme_buffer_str(&writer->json));
    mneme_copy_str(rows, event->scope.agent_id);
    mneme_copy_str(rows, event->scope.user_id);
    mneme_copy_str(rows, event->scope.run_id);
    mneme_copy_str(rows, event->scope.conversation_id);
    mneme_copy_str(rows, event->actor);
    mneme_copy_time(rows, event->occurred_at);
    mneme_copy_time(rows, item->recorded_at);
    mneme_copy_int(rows, item->position.partition);
    mneme_copy_long(rows, item->position.offset);
}

static int write_stream(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                        const struct mneme_fold_stream *stream, struct mneme_error *error) {
    int status = MNEME_OK;
    for (struct mneme_fold_item *item = stream->first; item != NULL && status == MNEME_OK;
         item = item->next) {
        struct mneme_fold_decision decision;
        status = mneme_fold_decide(fold, &decision, item, error);
        if (status == MNEME_OK) {
            write_row(writer, item->from, &decision);
            writer->rows.failed |= writer->json.failed;
            status = mneme_fold_flush(writer, error);
        }
    }
    return status;
}

int mneme_fold_write_ledger(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                            struct mneme_error *error) {
    if (fold->stream_count == 0) {
        return MNEME_OK; /* all is parked */
    }
    int status = mneme_pg_copy_begin(writer->postgres, mneme_sql_fold_copy_events, &writer->rows, error);
    for (size_t i = 0; i < fold->stream_count && status == MNEME_OK; i++) {
        status = write_stream(fold, writer, fold->streams[i], error);
    }
    return status == MNEME_OK ? mneme_pg_copy_end(writer->postgres, &writer->rows, NULL, error) : status;
}
