/*
 * conversation.show: conversations with their turns, and on request with their memories.
 */
#include "operations/call.h"
#include "operations/conversation/conversation.h"
#include "operations/conversation/fields.h"
#include "operations/memory/fields.h"

enum { IDS, FROM, TO, SINCE, UNTIL, MEMORIES, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [IDS] = MNEME_CONVERSATION_IDS_FIELD,
    [FROM] = {.name = "from_index",
              .option = "from",
              .type = MNEME_OP_INTEGER,
              .maximum = 9.2e18,
              .shown = "INDEX",
              .help = "First turn, by its index."},
    [TO] = {.name = "to_index",
            .option = "to",
            .type = MNEME_OP_INTEGER,
            .maximum = 9.2e18,
            .shown = "INDEX",
            .help = "Last turn, by its index."},
    [SINCE] = {.name = "since", .type = MNEME_OP_TIME, .help = "Turns from this time on."},
    [UNTIL] = {.name = "until", .type = MNEME_OP_TIME, .help = "Turns before this time."},
    [MEMORIES] = {.name = "memories",
                  .type = MNEME_OP_FLAG,
                  .help = "Also show its memories: those linked to it and those in its scope."},
};

/* --- which conversation, looked up as of the moment that is asked about --- */

struct finding {
    struct mneme_op_place place;
    struct mneme_arena *arena;
    size_t count;
};

static bool note_place(const void *row, void *context) {
    const struct mneme_conversation_row *conversation = row;
    struct finding *finding = context;
    finding->count++;
    finding->place = (struct mneme_op_place){
        .stream_id = mneme_arena_copy(finding->arena, conversation->stream_id),
        .user_id = mneme_arena_copy(finding->arena, conversation->user_id),
        .agent_id = mneme_arena_copy(finding->arena, conversation->agent_id),
    };
    return true;
}

/* Finds the conversation's stream, also for the key. */
static int find(struct mneme_op_place *place, struct mneme_conversation_key *key, struct mneme_op_call *call,
                struct mneme_postgres *postgres, struct mneme_error *error) {
    struct finding finding = {.arena = call->arena};
    int status = mneme_conversation_get(postgres, key, note_place, &finding, NULL, error);
    if (status == MNEME_OK) {
        status = mneme_op_check_found(finding.count, call->request,
                                      mneme_place_nouns[MNEME_PLACES_OF_CONVERSATIONS], key->conversation_id,
                                      error);
    }
    if (status == MNEME_OK && finding.place.stream_id.data == NULL) {
        status = mneme_error_set(error, MNEME_E_NO_MEMORY,
                                 "the conversation was not looked up: memory is exhausted; free some");
    }
    *place = finding.place;
    key->stream_id = finding.place.stream_id;
    return status;
}

/* --- what it holds --- */

static int put_conversation(const struct mneme_conversation_key *key, struct mneme_op_call *call,
                            struct mneme_postgres *postgres, struct mneme_error *error) {
    struct mneme_op_rows rows = mneme_conversation_rows(call, 0);
    int status = mneme_conversation_get(postgres, key, mneme_op_rows_visit, &rows, NULL, error);
    mneme_op_rows_clean_up(&rows);
    return status;
}

/* "3 assistant: …", in full, since a turn is there to be read. */
static void write_turn(struct mneme_buffer *out, const void *row) {
    const struct mneme_turn_row *turn = row;
    mneme_buffer_printf(out, "%lld ", (long long)turn->turn_index);
    mneme_buffer_append_str(out, turn->speaker.data != NULL ? turn->speaker : turn->role);
    mneme_buffer_append_str(out, MNEME_STR_LIT(": "));
    mneme_buffer_append_str(out, turn->content);
}

static int put_turns(const struct mneme_conversation_key *key, struct mneme_op_call *call,
                     struct mneme_postgres *postgres, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    int64_t limit = mneme_op_limit(request);
    const struct mneme_turn_range range = {
        .conversation = *key,
        .from_index = mneme_op_number(request, FROM),
        .to_index = mneme_op_number(request, TO),
        .since = mneme_op_number(request, SINCE),
        .until = mneme_op_number(request, UNTIL),
        .limit = limit + 1, /* one more row shows that there are more */
    };
    struct mneme_op_rows rows = {.call = call,
                                 .columns = mneme_turn_columns,
                                 .column_count = mneme_turn_column_count,
                                 .limit = limit,
                                 .write_sentence = write_turn};
    mneme_op_note(call, MNEME_OP_NOTE_TABLE, MNEME_STR_LIT(""));
    int status = mneme_conversation_turns(postgres, &range, mneme_op_rows_visit, &rows, NULL, error);
    mneme_op_rows_clean_up(&rows);
    return status;
}

static int put_memories(const struct mneme_conversation_key *key, const struct mneme_op_place *place,
                        struct mneme_op_call *call, struct mneme_postgres *postgres,
                        struct mneme_error *error) {
    const struct mneme_conversation_memories which = {.conversation = *key,
                                                      .user_id = place->user_id,
                                                      .agent_id = place->agent_id,
                                                      .limit = MNEME_QUERY_MAX_LIMIT};
    struct mneme_op_rows rows = {.call = call, .shown = mneme_memory_op_columns};
    mneme_op_note(call, MNEME_OP_NOTE_TABLE, MNEME_STR_LIT(""));
    int status = mneme_conversation_memories(postgres, &which, mneme_op_rows_visit, &rows, NULL, error);
    mneme_op_rows_clean_up(&rows);
    return status;
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_str_array ids = mneme_op_list(request, IDS);
    struct mneme_postgres *postgres;
    struct mneme_op_place place;
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    for (size_t i = 0; i < ids.count && status == MNEME_OK; i++) {
        struct mneme_conversation_key key = {.tenant = mneme_op_tenant(request),
                                             .conversation_id = ids.items[i],
                                             .stream_id = mneme_op_common_text(request, MNEME_OP_STREAM),
                                             .as_of = call->as_of};
        status = find(&place, &key, call, postgres, error);
        if (status == MNEME_OK) {
            status = put_conversation(&key, call, postgres, error);
        }
        if (status == MNEME_OK) {
            status = put_turns(&key, call, postgres, error);
        }
        if (status == MNEME_OK && mneme_op_truth(request, MEMORIES)) {
            status = put_memories(&key, &place, call, postgres, error);
        }
    }
    return status;
}

const struct mneme_operation mneme_op_conversation_show = {
    .name = "conversation.show",
    .summary = "Show conversations and their turns.",
    .details =
        "1,000 turns of each conversation unless --limit says otherwise, 10,000 at most.\n"
        "--json: first the conversation, as in conversation list; then one object per turn with\n"
        "\"turn_index\", \"role\", \"content\" and the other columns of conversation_turns; with --memories\n"
        "then one object per memory: its columns, \"is_linked\", \"message_context\", \"insights\",\n"
        "\"follow_up_actions\". Several conversations follow each other.\n"
        "Exit code 5 when there is no such conversation, or not yet: --at-least waits for a write.",
    .examples = "  mneme conversation show chat-1\n"
                "  mneme conversation show chat-1 --from 10 --to 20 --json\n"
                "  mneme conversation show chat-1 chat-2 --since 2026-01-31 --memories\n"
                "  mneme conversation show chat-1 --as-of 3:17 --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST |
              MNEME_OP_LIMITED,
    .page = 1000,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_DETAILS_AND_TABLES,
    .columns = mneme_conversation_op_columns,
    .retrieves = "list",
    .retrieves_with = "memories",
    .more = "there are more turns than these; --from and --limit show others",
    .read = read,
};
