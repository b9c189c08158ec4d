/*
 * Changes of many memories at once, and the operations that are nothing more: promote and prioritize.
 */
#include "operations/memory/change.h"

#include "operations/memory/fields.h"
#include "operations/memory/memory.h"

int mneme_memory_change_all(struct mneme_op_events *out, const struct mneme_op_request *request,
                            int ids_field, void (*fill)(struct mneme_event *event, struct mneme_uuid id),
                            struct mneme_error *error) {
    const struct mneme_op_value *ids = mneme_op_own(request, ids_field);
    int status = MNEME_OK;
    for (size_t i = 0; i < ids->ids.count && status == MNEME_OK; i++) {
        struct mneme_event *event;
        status = mneme_op_events_add(&event, out, request->operation->event_type, error);
        if (status == MNEME_OK) {
            mneme_op_events_address(event, request, i);
            fill(event, ids->ids.items[i]);
        }
    }
    return status;
}

int mneme_memory_check_many(const struct mneme_op_request *request, int ids_field, int expected_version_field,
                            struct mneme_error *error) {
    const struct mneme_op_value *ids = mneme_op_own(request, ids_field);
    bool is_for_one =
        mneme_op_has(request, expected_version_field) || request->common[MNEME_OP_IDEMPOTENCY_KEY].is_set;
    if (!is_for_one || ids->ids.count <= 1) {
        return MNEME_OK;
    }
    char version[MNEME_OP_LABEL_BYTES];
    char key[MNEME_OP_LABEL_BYTES];
    return mneme_error_set(
        error, MNEME_E_USAGE,
        "nothing was published: %s and %s are for one memory; name one, or leave them out",
        mneme_op_label(version, request, &request->operation->fields[expected_version_field]),
        mneme_op_label(key, request, mneme_op_common_field(MNEME_OP_IDEMPOTENCY_KEY)));
}

#define HELP                                                                                                 \
    "Streams are looked up in the tables, unless --stream, --user or --agent names them; nothing is\n"       \
    "published when one of the memories is not found (5). --json and exit codes: as of memory add, a\n"      \
    "line for each memory; with --wait the exit code is that of the first that was not accepted."

/* --- promote --- */

enum { PROMOTED, PROMOTED_VERSION, PROMOTED_REASON, PROMOTE_FIELD_COUNT };

static const struct mneme_op_field promote_fields[PROMOTE_FIELD_COUNT + 1] = {
    [PROMOTED] = MNEME_MEMORY_REQUIRED_IDS_FIELD,
    [PROMOTED_VERSION] = MNEME_MEMORY_EXPECTED_VERSION_FIELD,
    [PROMOTED_REASON] = MNEME_MEMORY_REASON_FIELD,
};

static int check_promote(struct mneme_op_request *request, struct mneme_error *error) {
    return mneme_memory_check_many(request, PROMOTED, PROMOTED_VERSION, error);
}

static void fill_promoted(struct mneme_event *event, struct mneme_uuid id) {
    event->payload.memory_promoted.memory_id = id;
}

static int write_promote(struct mneme_op_events *out, const struct mneme_op_request *request,
                         struct mneme_error *error) {
    return mneme_memory_change_all(out, request, PROMOTED, fill_promoted, error);
}

const struct mneme_operation mneme_op_memory_promote = {
    .name = "memory.promote",
    .summary = "Keep memories for the long term.",
    .details = "A promoted memory is long_term, does not expire, and its importance is 0.1 higher, up to 1.\n"
               "\n" HELP,
    .examples = "  mneme memory promote 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n"
                "  mneme memory list --user ada --filter 'access_count >= 5' --json | jq -r .id |\n"
                "      xargs mneme memory promote --reason 'used often'\n",
    .fields = promote_fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_UP_TO_DATE | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = check_promote,
    .write = write_promote,
    .event_type = MNEME_EVENT_MEMORY_PROMOTED,
    .id = "memory_id",
    .finds = PROMOTED + 1,
};

/* --- prioritize --- */

enum { PRIORITIZED, FACTOR, PRIORITIZED_VERSION, PRIORITIZED_REASON, PRIORITIZE_FIELD_COUNT };

static const struct mneme_op_field prioritize_fields[PRIORITIZE_FIELD_COUNT + 1] = {
    [PRIORITIZED] = MNEME_MEMORY_REQUIRED_IDS_FIELD,
    [FACTOR] = {.name = "boost_factor",
                .type = MNEME_OP_DECIMAL,
                .maximum = 10,
                .shown = "0..10",
                .help = "What the priority is multiplied by; above 1 raises it. Required.",
                .flags = MNEME_OP_REQUIRED | MNEME_OP_TO_PAYLOAD},
    [PRIORITIZED_VERSION] = MNEME_MEMORY_EXPECTED_VERSION_FIELD,
    [PRIORITIZED_REASON] = MNEME_MEMORY_REASON_FIELD,
};

static int check_prioritize(struct mneme_op_request *request, struct mneme_error *error) {
    return mneme_memory_check_many(request, PRIORITIZED, PRIORITIZED_VERSION, error);
}

static void fill_prioritized(struct mneme_event *event, struct mneme_uuid id) {
    event->payload.memory_prioritized.memory_id = id;
}

static int write_prioritize(struct mneme_op_events *out, const struct mneme_op_request *request,
                            struct mneme_error *error) {
    return mneme_memory_change_all(out, request, PRIORITIZED, fill_prioritized, error);
}

const struct mneme_operation mneme_op_memory_prioritize = {
    .name = "memory.prioritize",
    .summary = "Raise or lower the priority of memories.",
    .details = "The priority, 0..10, becomes its product with the factor, up to 10.\n\n" HELP,
    .examples = "  mneme memory prioritize 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --boost-factor 1.5\n"
                "  mneme memory prioritize 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --boost-factor 0.5 \\\n"
                "      --expected-version 3 --wait postgres\n",
    .fields = prioritize_fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_UP_TO_DATE | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = check_prioritize,
    .write = write_prioritize,
    .event_type = MNEME_EVENT_MEMORY_PRIORITIZED,
    .id = "memory_id",
    .finds = PRIORITIZED + 1,
};
