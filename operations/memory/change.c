/*
 * Changes of memories that are fully described by their tables: promote, prioritize, unarchive and restore.
 */
#include "operations/memory/change.h"

#include "operations/events.h"
#include "operations/memory/fields.h"
#include "operations/memory/memory.h"

int mneme_memory_check_many(struct mneme_op_request *request, struct mneme_error *error) {
    const struct mneme_operation *operation = request->operation;
    const struct mneme_op_value *key = &request->common[MNEME_OP_IDEMPOTENCY_KEY];
    char label[MNEME_OP_LABEL_BYTES], key_label[MNEME_OP_LABEL_BYTES];
    struct mneme_op_slot version;
    int status = mneme_op_request_find(&version, request, MNEME_STR_LIT("expected_memory_version"), error);
    if (status != MNEME_OK || (!version.value->is_set && !key->is_set) ||
        mneme_op_own(request, operation->finds - 1)->ids.count <= 1) {
        return status;
    }
    return mneme_error_set(
        error, MNEME_E_USAGE,
        "nothing was published: %s and %s apply to a single memory; name only one, or leave them out",
        mneme_op_label(label, request, version.field),
        mneme_op_label(key_label, request, mneme_op_common_field(MNEME_OP_IDEMPOTENCY_KEY)));
}

enum { IDS }; /* the first field of each */

static const struct mneme_op_field fields[] = {
    [IDS] = MNEME_MEMORY_REQUIRED_IDS_FIELD,
    MNEME_MEMORY_EXPECTED_VERSION_FIELD,
    MNEME_MEMORY_REASON_FIELD,
    {0},
};

static const struct mneme_op_field prioritize_fields[] = {
    [IDS] = MNEME_MEMORY_REQUIRED_IDS_FIELD,
    {.name = "boost_factor",
     .type = MNEME_OP_DECIMAL,
     .maximum = 10,
     .shown = "0..10",
     .help = "What the priority is multiplied by; above 1 raises it. Required.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_TO_PAYLOAD},
    MNEME_MEMORY_EXPECTED_VERSION_FIELD,
    MNEME_MEMORY_REASON_FIELD,
    {0},
};

#define HELP                                                                                                 \
    "Streams are looked up in the tables, unless --stream, --user or --agent names them; nothing is\n"       \
    "published when one of the memories is not found (5). --json and exit codes are those of memory add, "   \
    "with a line for each memory; with --wait the exit code is that of the first memory that was not "       \
    "accepted."

/* An event of the type for each memory that is named. */
#define OF_EACH_MEMORY                                                                                       \
    .groups = MNEME_OP_SCOPED | MNEME_OP_UP_TO_DATE | MNEME_OP_WRITTEN, .effect = MNEME_OP_WRITES,           \
    .form = MNEME_OP_RECEIPT, .check = mneme_memory_check_many, .write = mneme_op_events_of_each,            \
    .id = "memory_id", .finds = IDS + 1

const struct mneme_operation mneme_op_memory_promote = {
    .name = "memory.promote",
    .summary = "Keep memories for the long term.",
    .details = "A promoted memory becomes long_term, does not expire, and gains 0.1 importance, up to 1.\n"
               "\n" HELP,
    .examples = "  mneme memory promote 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n"
                "  mneme memory list --user ada --filter 'access_count >= 5' --json | jq -r .id |\n"
                "      xargs mneme memory promote --reason 'used often'\n",
    .fields = fields,
    OF_EACH_MEMORY,
    .event_type = MNEME_EVENT_MEMORY_PROMOTED,
};

const struct mneme_operation mneme_op_memory_prioritize = {
    .name = "memory.prioritize",
    .summary = "Raise or lower the priority of memories.",
    .details = "The priority, 0 to 10, is multiplied by the factor, up to 10.\n\n" HELP,
    .examples = "  mneme memory prioritize 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --boost-factor 1.5\n"
                "  mneme memory prioritize 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --boost-factor 0.5 \\\n"
                "      --expected-version 3 --wait postgres\n",
    .fields = prioritize_fields,
    OF_EACH_MEMORY,
    .event_type = MNEME_EVENT_MEMORY_PRIORITIZED,
};

const struct mneme_operation mneme_op_memory_unarchive = {
    .name = "memory.unarchive",
    .summary = "Bring archived memories back: they are listed again.",
    .details = "Nothing else changes. For a memory that is not archived, only the version changes.\n\n" HELP,
    .examples = "  mneme memory unarchive 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --reason 'it goes on'\n"
                "  mneme memory list --user ada --include-archived --filter 'is_archived = true' --json |\n"
                "      jq -r .id | xargs mneme memory unarchive\n",
    .fields = fields,
    OF_EACH_MEMORY,
    .event_type = MNEME_EVENT_MEMORY_UNARCHIVED,
};

const struct mneme_operation mneme_op_memory_restore = {
    .name = "memory.restore",
    .summary = "Bring deleted memories back, as they were.",
    .details = "With --wait the exit code is 4 for a memory that is not deleted (exists).\n\n" HELP,
    .examples = "  mneme memory restore 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --reason 'deleted by mistake'\n"
                "  mneme events --stream ada --type memory_deleted --since 1h --json |\n"
                "      jq -r .payload.memory_id | xargs mneme memory restore\n",
    .fields = fields,
    OF_EACH_MEMORY,
    .event_type = MNEME_EVENT_MEMORY_RESTORED,
    .finds_deleted = true,
};
