/*
 * What batches of events make of documents, as far as they need no look-up.
 */
#include "consumers/documents/documents.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>

#define MAX_EVENTS 16
#define MEMORY "'memory_id':'01940000-0000-7000-8000-000000000001'"
#define NEW_MEMORY MEMORY ",'memory_type':'fact'"

static struct mneme_documents documents;
static struct mneme_arena arena;
static struct mneme_buffer told;
static struct mneme_batch_item items[MAX_EVENTS];
static bool is_accepted[MAX_EVENTS];
static size_t count;
static struct mneme_error error;

static void set_up(void) {
    cr_assert_eq(mneme_documents_init(&documents, &error), MNEME_OK);
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_documents_clean_up(&documents);
    mneme_arena_clean_up(&arena);
    mneme_buffer_clean_up(&told);
}

TestSuite(documents, .init = set_up, .fini = tear_down);

/* An event as a JSON line of user ada, with ' for ". */
static void add(const char *type, const char *conversation, const char *payload) {
    char line[1024];
    snprintf(line, sizeof line,
             "{'type':'%s','user_id':'ada','occurred_at':'2023-05-08T10:00:00Z'%s%s%s,'payload':{%s}}", type,
             conversation == NULL ? "" : ",'conversation_id':'", conversation == NULL ? "" : conversation,
             conversation == NULL ? "" : "'", payload);
    for (char *at = line; *at != '\0'; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    struct mneme_batch_item *item = &items[count];
    *item = (struct mneme_batch_item){.position = {0, (int64_t)count + 1}, .recorded_at = (int64_t)count};
    struct mneme_str copy = mneme_arena_copy(&arena, mneme_str_from(line));
    cr_assert_eq(mneme_event_from_json(&item->event, &arena, copy, "default", &error), MNEME_OK, "%s",
                 error.message);
    is_accepted[count++] = true;
}

/* The event of the last line is one of version 1: an index that is taken would not have been accepted. */
static void write_old(void) {
    items[count - 1].event.schema_version = 1;
}

/* The changes: "kind ref: offset text, offset -; …", an asterisk for what is new. */
static const char *fold(void) {
    struct mneme_batch batch = {.items = items, .count = count};
    cr_assert_eq(mneme_documents_fold(&documents, NULL, &batch, is_accepted, &error), MNEME_OK, "%s",
                 error.message);
    mneme_buffer_clear(&told);
    for (const struct mneme_document *document = documents.first; document != NULL;
         document = document->next) {
        mneme_buffer_printf(&told, "%s%.*s%s:", document == documents.first ? "" : "; ",
                            MNEME_STR_ARG(mneme_document_kinds[document->kind]), document->is_new ? "*" : "");
        for (const struct mneme_document_version *version = document->first; version != NULL;
             version = version->next) {
            mneme_buffer_printf(&told, " %lld %.*s", (long long)version->sequence / MNEME_MAX_PARTITIONS,
                                MNEME_STR_ARG(version->is_there ? version->text : MNEME_STR_LIT("-")));
        }
    }
    mneme_buffer_append_byte(&told, 0);
    return told.data;
}

Test(documents, a_memory_has_its_scope_place_and_speaker) {
    add("memory_created", "c1",
        NEW_MEMORY ",'content':'Ada: tea','metadata':{'turn_index':7,'speaker':'Ada','source':'x'}");
    cr_assert_str_eq(fold(), "memory*: 1 Ada: tea");
    const struct mneme_document *document = documents.first;
    cr_assert(mneme_str_equal(document->ref, MNEME_STR_LIT("01940000-0000-7000-8000-000000000001")));
    cr_assert(mneme_str_equal(document->tenant, MNEME_STR_LIT("default")));
    cr_assert(mneme_str_equal(document->stream_id, MNEME_STR_LIT("ada")));
    cr_assert(mneme_str_equal(document->first->user_id, MNEME_STR_LIT("ada")));
    cr_assert_null(document->first->agent_id.data);
    cr_assert(mneme_str_equal(document->first->conversation_id, MNEME_STR_LIT("c1")));
    cr_assert(document->first->position.is_set);
    cr_assert_eq(document->first->position.value, 7);
    cr_assert(mneme_str_equal(document->first->speaker, MNEME_STR_LIT("Ada")));
    cr_assert_eq(document->first->created_at, INT64_C(1683540000000000));
    cr_assert_eq(document->first->sequence, 4096);
}

Test(documents, a_place_that_was_changed_without_the_text_counts_when_the_text_changes) {
    add("memory_created", "c1",
        NEW_MEMORY ",'content':'Ada: tea','metadata':{'turn_index':7,'speaker':'Ada'}");
    add("memory_updated", NULL, MEMORY ",'metadata':{'turn_index':8,'speaker':'Bo'}");
    add("memory_updated", NULL, MEMORY ",'content':'Bo: tea'");
    cr_assert_str_eq(fold(), "memory*: 1 Ada: tea 3 Bo: tea");
    cr_assert_eq(documents.first->first->position.value, 7);
    cr_assert_eq(documents.first->last->position.value, 8);
    cr_assert(mneme_str_equal(documents.first->last->speaker, MNEME_STR_LIT("Bo")));
}

Test(documents, a_memory_without_a_conversation_has_no_place) {
    add("memory_created", NULL, NEW_MEMORY ",'content':'tea','metadata':{'turn_index':7,'speaker':5}");
    fold();
    cr_assert_not(documents.first->first->position.is_set);
    cr_assert_null(documents.first->first->speaker.data);
}

Test(documents, a_place_is_a_whole_number_however_it_is_spelt) {
    add("memory_created", "c1", NEW_MEMORY ",'content':'tea','metadata':{'turn_index':1.2e1}");
    fold();
    cr_assert(documents.first->first->position.is_set);
    cr_assert_eq(documents.first->first->position.value, 12);
    count = 0;
    add("memory_created", "c1", NEW_MEMORY ",'content':'tea','metadata':{'turn_index':12.0}");
    fold();
    cr_assert_not(documents.first->first->position.is_set);
}

Test(documents, all_versions_of_a_batch_are_told_in_order) {
    add("memory_created", NULL, NEW_MEMORY ",'content':'one'");
    add("memory_updated", NULL, MEMORY ",'content':'two'");
    add("memory_updated", NULL, MEMORY ",'importance':0.9");
    add("memory_updated", NULL, MEMORY ",'content':'three'");
    cr_assert_str_eq(fold(), "memory*: 1 one 2 two 4 three");
    cr_assert_eq(documents.count, 1);
}

Test(documents, created_updated_and_deleted_comes_to_nothing) {
    add("memory_created", NULL, NEW_MEMORY ",'content':'one'");
    add("memory_deleted", NULL, MEMORY);
    cr_assert_str_eq(fold(), "memory*: 1 one 2 -");
    cr_assert(documents.first->is_new && !documents.first->last->is_there);
}

Test(documents, a_deleted_memory_can_be_created_again) {
    add("memory_deleted", NULL, MEMORY);
    add("memory_created", NULL, NEW_MEMORY ",'content':'one'");
    add("memory_updated", NULL, MEMORY ",'content':'two'");
    cr_assert_str_eq(fold(), "memory: 1 - 2 one 3 two");
}

Test(documents, a_blank_text_is_no_document) {
    add("memory_created", NULL, NEW_MEMORY ",'content':{'a':['',{}]}");
    cr_assert_str_eq(fold(), "");
    add("memory_updated", NULL, MEMORY ",'content':'two'");
    add("memory_updated", NULL, MEMORY ",'content':{'a':null}");
    add("memory_deleted", NULL, MEMORY);
    cr_assert_str_eq(fold(), "memory*: 2 two 3 -");
}

Test(documents, what_is_not_accepted_or_parked_has_no_effect) {
    add("memory_created", NULL, NEW_MEMORY ",'content':'one'");
    add("memory_updated", NULL, MEMORY ",'content':'two'");
    add("memory_updated", NULL, MEMORY ",'content':'three'");
    is_accepted[1] = false;
    items[2].park_reason = "no";
    cr_assert_str_eq(fold(), "memory*: 1 one");
}

Test(documents, the_same_id_in_another_stream_or_tenant_is_another_document) {
    add("memory_created", NULL, NEW_MEMORY ",'content':'one'");
    add("memory_created", NULL, NEW_MEMORY ",'content':'two'");
    items[1].event.stream_id = MNEME_STR_LIT("bob");
    add("memory_created", NULL, NEW_MEMORY ",'content':'three'");
    items[2].event.tenant = MNEME_STR_LIT("other");
    cr_assert_str_eq(fold(), "memory*: 1 one; memory*: 2 two; memory*: 3 three");
}

Test(documents, a_decision_and_a_hand_off_leave_memories) {
    add("agent_decision", NULL, "'decision':'go by train','category':'travel','context':{'city':'Paris'}");
    add("agent_handoff", NULL, "'from_agent':'a','to_agent':'b','topic':'the trip'");
    cr_assert_str_eq(fold(), "memory*: 1 go by train; "
                             "memory*: 2 handoff_received: true | from_agent: a | topic: the trip");
    cr_assert(mneme_str_equal(documents.first->next->first->agent_id, MNEME_STR_LIT("b")));
}

Test(documents, a_decision_is_a_place_in_its_conversation_by_its_own_metadata) {
    add("agent_decision", "c1", "'decision':{'do':'go'},'metadata':{'turn_index':7,'speaker':'Ada'}");
    cr_assert_str_eq(fold(), "memory*: 1 do: go");
    cr_assert_eq(documents.first->first->position.value, 7);
    cr_assert(mneme_str_equal(documents.first->first->speaker, MNEME_STR_LIT("Ada")));
}

Test(documents, turns_are_documents_of_their_conversation) {
    add("conversation_turn", "c1", "'turn_index':3,'role':'user','speaker':'Ada','content':'hi'");
    write_old();
    cr_assert_str_eq(fold(), "turn*: 1 Ada: hi");
    const struct mneme_document *turn = documents.first;
    cr_assert(mneme_str_equal(turn->ref, MNEME_STR_LIT("3/c1")));
    cr_assert_eq(turn->first->position.value, 3);
    cr_assert(mneme_str_equal(turn->first->role, MNEME_STR_LIT("user")));
    cr_assert(mneme_str_equal(turn->first->conversation_id, MNEME_STR_LIT("c1")));
}

Test(documents, a_deleted_conversation_takes_its_turns_along) {
    add("conversation_turn", "c1", "'turn_index':0,'role':'user','content':'one'");
    write_old();
    add("conversation_turn", "c2", "'turn_index':0,'role':'user','content':'other'");
    write_old();
    add("conversation_deleted", "c1", "");
    add("conversation_turn", "c1", "'turn_index':0,'role':'user','content':'two'");
    write_old();
    add("conversation_deleted", "c1", "");
    cr_assert_str_eq(fold(), "turn*: 1 User: one 3 - 4 User: two 5 -; turn*: 2 User: other");
    cr_assert_eq(documents.removal_count, 1);
    cr_assert(mneme_str_equal(documents.first_removal->conversation_id, MNEME_STR_LIT("c1")));
    cr_assert_eq(documents.first_removal->sequence, INT64_C(3) * 4096);
    cr_assert_null(documents.first_removal->next);
}
