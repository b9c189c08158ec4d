/*
 * Records are checked as if anybody could write them: the key says what a record is of, and the value must
 * agree; a vector must be made of finite numbers, since no distance to another is a distance.
 */
#include "consumers/vectors/record.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/json/read.h"

#define REFUSED "the record at %d:%lld was not taken: "
#define POSITION(item) (int)(item)->position.partition, (long long)(item)->position.offset

static int refuse(const struct mneme_batch_item *item, const char *why, struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_INVALID, REFUSED "%s; check the program that wrote it",
                           POSITION(item), why);
}

static int read_source(int64_t *out, const struct mneme_batch_item *item, struct mneme_error *error) {
    char text[24];
    char *end;
    if (item->source.data == NULL || item->source.len == 0 || item->source.len >= sizeof text) {
        return refuse(item, "it has no header " MNEME_LOG_SOURCE_HEADER, error);
    }
    memcpy(text, item->source.data, item->source.len);
    text[item->source.len] = '\0';
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < 0) {
        return refuse(item, "its header " MNEME_LOG_SOURCE_HEADER " is not a position", error);
    }
    *out = value;
    return MNEME_OK;
}

/* The ref of a raw vector is "<vector_id>/<collection>", and the name of a collection has no slash. */
static int split_ref(struct mneme_vector_change *change, const struct mneme_batch_item *item,
                     struct mneme_error *error) {
    struct mneme_str ref = change->document.ref;
    const char *slash = memrchr(ref.data, '/', ref.len);
    if (slash == NULL) {
        return refuse(item, "it is of a raw vector without a collection", error);
    }
    change->vector_id = (struct mneme_str){ref.data, (size_t)(slash - ref.data)};
    change->collection = (struct mneme_str){slash + 1, ref.len - change->vector_id.len - 1};
    return MNEME_OK;
}

static bool is_finite_vector(struct mneme_str vector) {
    for (size_t at = 0; at + sizeof(uint32_t) <= vector.len; at += sizeof(uint32_t)) {
        uint32_t bits;
        float value;
        memcpy(&bits, vector.data + at, sizeof bits);
        bits = le32toh(bits);
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) {
            return false;
        }
    }
    return vector.len > 0;
}

static bool is_object(struct mneme_str json) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    return mneme_json_check(json, &kind, &reason, &at) && kind == MNEME_JSON_OBJECT;
}

static bool is_same(const struct mneme_embedding *embedding, const struct mneme_embedding_key *key) {
    return mneme_str_equal(embedding->tenant, key->tenant) &&
           mneme_str_equal(embedding->stream_id, key->stream_id) &&
           mneme_str_equal(embedding->kind, key->kind) && mneme_str_equal(embedding->ref, key->ref);
}

/* The value's part of the change. */
static int take_value(struct mneme_vector_record *out, const struct mneme_embedding *embedding,
                      const struct mneme_batch_item *item, struct mneme_error *error) {
    struct mneme_vector_change *change = &out->change;
    struct mneme_error reason = {0};
    bool has_parts = embedding->part_vectors.len > 0;
    change->vector = has_parts ? embedding->part_vectors : embedding->vector;
    change->parts = has_parts ? change->vector.len / embedding->vector.len : 0;
    if (!is_finite_vector(change->vector)) {
        return refuse(item, "its vector is empty or has a number that is not finite", error);
    }
    /* All stores, and comparisons with them, can express these times, as for events. */
    if (embedding->created_at < MNEME_MIN_MICROS || embedding->created_at > MNEME_MAX_MICROS) {
        return refuse(item, "its time is not within the years 1 to 9999", error);
    }
    change->scope.user_id = embedding->user_id;
    change->scope.agent_id = embedding->agent_id;
    change->scope.run_id = embedding->run_id;
    change->scope.conversation_id = embedding->conversation_id;
    change->created_at = embedding->created_at;
    change->text = embedding->text;
    out->query_prefix = embedding->query_prefix;
    out->passage_prefix = embedding->passage_prefix;
    if (!mneme_vector_change_is_raw(change)) {
        return MNEME_OK;
    }
    if (has_parts) {
        return refuse(item, "it is of a raw vector that has parts", error);
    }
    if (embedding->metadata.data != NULL && !is_object(embedding->metadata)) {
        return refuse(item, "the metadata of its vector is not a JSON object", error);
    }
    change->metadata_json = mneme_json_trim(embedding->metadata);
    return mneme_metric_parse(&change->metric, embedding->metric, &reason) == MNEME_OK
               ? MNEME_OK
               : refuse(item, "the metric of its vector is unknown", error);
}

int mneme_vector_record_read(struct mneme_vector_record *out, struct mneme_embedding_codec *codec,
                             const struct mneme_batch_item *item, struct mneme_arena *arena,
                             struct mneme_error *error) {
    struct mneme_embedding_key key;
    struct mneme_embedding embedding;
    struct mneme_error reason = {0};
    *out = (struct mneme_vector_record){0};
    if (item->key.data == NULL) {
        return refuse(item, "it has no key", error);
    }
    int status = mneme_embedding_key_read(&key, arena, item->key, &reason);
    if (status != MNEME_OK) {
        return mneme_error_set(error, (enum mneme_status)status, REFUSED "%s", POSITION(item),
                               reason.message);
    }
    out->change.document = (struct mneme_vector_document_key){key.stream_id, key.kind, key.ref};
    out->change.scope.tenant = key.tenant;
    out->change.is_removal = item->value.data == NULL;
    status = read_source(&out->change.source_sequence, item, error);
    if (status == MNEME_OK && mneme_vector_change_is_raw(&out->change)) {
        status = split_ref(&out->change, item, error);
    }
    if (status != MNEME_OK || out->change.is_removal) {
        return status;
    }
    status = mneme_embedding_decode(codec, &embedding, item->value, &reason);
    if (status != MNEME_OK) {
        return mneme_error_set(error, (enum mneme_status)status, REFUSED "%s", POSITION(item),
                               reason.message);
    }
    return is_same(&embedding, &key) ? take_value(out, &embedding, item, error)
                                     : refuse(item, "its key is that of another document", error);
}

static int compare_str(struct mneme_str a, struct mneme_str b) {
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_documents(const struct mneme_vector_change *a, const struct mneme_vector_change *b) {
    int order = compare_str(a->scope.tenant, b->scope.tenant);
    order = order != 0 ? order : compare_str(a->document.stream_id, b->document.stream_id);
    order = order != 0 ? order : compare_str(a->document.kind, b->document.kind);
    return order != 0 ? order : compare_str(a->document.ref, b->document.ref);
}

/* The newest of a document first. */
static int compare_changes(const void *a, const void *b) {
    const struct mneme_vector_change *one = a;
    const struct mneme_vector_change *other = b;
    int order = compare_documents(one, other);
    return order != 0 ? order
                      : (one->source_sequence < other->source_sequence) -
                            (one->source_sequence > other->source_sequence);
}

size_t mneme_vector_changes_collapse(struct mneme_vector_change *changes, size_t count) {
    size_t kept = 0;
    if (count > 1) {
        qsort(changes, count, sizeof *changes, compare_changes);
    }
    for (size_t i = 0; i < count; i++) {
        struct mneme_vector_change *newer = kept == 0 ? NULL : &changes[kept - 1];
        if (newer == NULL || compare_documents(newer, &changes[i]) != 0) {
            changes[kept++] = changes[i];
            continue;
        }
        size_t parts = changes[i].is_removal ? 0 : mneme_vector_change_parts(&changes[i]);
        newer->former_parts = newer->former_parts > parts ? newer->former_parts : parts;
    }
    return kept;
}
