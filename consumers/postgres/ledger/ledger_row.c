/*
 * Rows of the ledger. JSON is written in the form in which Postgres prints it, so that the row's bytes, and
 * with them the hash, are the same when it is read.
 */
#include "consumers/postgres/ledger/ledger_row.h"

void mneme_ledger_writer_clean_up(struct mneme_ledger_writer *writer) {
    mneme_buffer_clean_up(&writer->json);
    mneme_json_normal_clean_up(&writer->normal);
}

static void copy_opt_long(struct mneme_buffer *rows, struct mneme_opt_long value) {
    if (value.is_set) {
        mneme_copy_long(rows, value.value);
    } else {
        mneme_copy_null(rows);
    }
}

static void copy_normal(struct mneme_ledger_writer *writer, struct mneme_buffer *rows) {
    size_t start = mneme_copy_begin_jsonb(rows);
    mneme_json_normalise(rows, &writer->normal, mneme_buffer_str(&writer->json));
    mneme_copy_end_field(rows, start);
    rows->failed |= writer->json.failed;
}

static void copy_payload(struct mneme_ledger_writer *writer, struct mneme_buffer *rows,
                         const struct mneme_event *event) {
    mneme_buffer_clear(&writer->json);
    struct mneme_json_writer json = {.out = &writer->json};
    mneme_event_payload_json(event, &json);
    copy_normal(writer, rows);
}

/* The caller's own fields and the two ids, which win over fields of the same name. */
static void copy_metadata(struct mneme_ledger_writer *writer, struct mneme_buffer *rows,
                          const struct mneme_event *event) {
    if (event->metadata.count == 0 && event->correlation_id.data == NULL &&
        event->causation_id.data == NULL) {
        mneme_copy_jsonb(rows, MNEME_STR_LIT("{}"));
        return;
    }
    mneme_buffer_clear(&writer->json);
    struct mneme_json_writer json = {.out = &writer->json};
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
    copy_normal(writer, rows);
}

bool mneme_ledger_hash(uint8_t hash[MNEME_LEDGER_HASH_BYTES], EVP_MD_CTX *context, const EVP_MD *sha256,
                       const uint8_t previous[MNEME_LEDGER_HASH_BYTES], struct mneme_str fields) {
    return EVP_DigestInit_ex2(context, sha256, NULL) == 1 &&
           EVP_DigestUpdate(context, previous, MNEME_LEDGER_HASH_BYTES) == 1 &&
           EVP_DigestUpdate(context, fields.data, fields.len) == 1 &&
           EVP_DigestFinal_ex(context, hash, NULL) == 1;
}

void mneme_ledger_row(struct mneme_ledger_writer *writer, struct mneme_buffer *rows,
                      const struct mneme_batch_item *item, const struct mneme_ledger_decision *decision,
                      struct mneme_ledger_head *head) {
    const struct mneme_event *event = &item->event;
    mneme_copy_row(rows, MNEME_LEDGER_COLUMNS);
    size_t start = rows->len;
    mneme_copy_long(rows, mneme_sequence_id(item->position));
    mneme_copy_uuid(rows, event->event_id);
    mneme_copy_str(rows, event->tenant);
    mneme_copy_str(rows, event->stream_id);
    mneme_copy_str(rows, mneme_event_type_name(event));
    copy_opt_long(rows, decision->version);
    mneme_copy_str(rows, mneme_str_from(decision->verdict));
    copy_opt_long(rows, event->expected_version);
    copy_opt_long(rows, decision->actual);
    copy_payload(writer, rows, event);
    copy_metadata(writer, rows, event);
    mneme_copy_str(rows, event->scope.agent_id);
    mneme_copy_str(rows, event->scope.user_id);
    mneme_copy_str(rows, event->scope.run_id);
    mneme_copy_str(rows, event->scope.conversation_id);
    mneme_copy_str(rows, event->actor);
    mneme_copy_time(rows, event->occurred_at);
    mneme_copy_time(rows, item->recorded_at);
    mneme_copy_int(rows, item->position.partition);
    mneme_copy_long(rows, item->position.offset);
    if (rows->failed) {
        return;
    }
    struct mneme_str fields = {rows->data + start, rows->len - start};
    rows->failed |= !mneme_ledger_hash(head->hash, writer->context, writer->sha256, head->hash, fields);
    head->sequence_id = mneme_sequence_id(item->position);
    mneme_copy_bytes(rows, (struct mneme_str){(const char *)head->hash, sizeof head->hash});
}
