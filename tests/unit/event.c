/*
 * What is said of any event: type names, subject, key, defaults, and ids derived from idempotency keys.
 */
#include <criterion/criterion.h>

#include "common/base/uuid.h"
#include "schemas/event.h"

static struct mneme_str uuid_text(char text[MNEME_UUID_TEXT_BYTES], struct mneme_uuid id) {
    mneme_uuid_format(id, text);
    return (struct mneme_str){text, MNEME_UUID_TEXT_BYTES};
}

Test(event, every_type_is_found_by_its_name) {
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        const char *name = mneme_event_type_text((enum mneme_event_type)type);
        cr_assert_eq(mneme_event_type_by_name(mneme_str_from(name)), type, "%s", name);
    }
    cr_assert_eq(mneme_event_type_by_name(MNEME_STR_LIT("memory_create")), -1);
    cr_assert_eq(mneme_event_type_by_name(MNEME_STR_LIT("")), -1);
    cr_assert_eq(mneme_event_type_by_name(MNEME_STR_NULL), -1);
}

Test(event, a_custom_event_is_named_by_its_own_type) {
    struct mneme_event event;
    mneme_event_prepare(&event, MNEME_EVENT_CUSTOM);
    event.payload.custom.type = MNEME_STR_LIT("lunch_eaten");
    cr_assert(mneme_str_equal(mneme_event_type_name(&event), MNEME_STR_LIT("lunch_eaten")));
    mneme_event_prepare(&event, MNEME_EVENT_RETENTION_SET);
    cr_assert(mneme_str_equal(mneme_event_type_name(&event), MNEME_STR_LIT("retention_set")));
}

Test(event, the_subject_is_the_user_else_the_agent) {
    struct mneme_event event;
    mneme_event_prepare(&event, MNEME_EVENT_MEMORY_DELETED);
    cr_assert_null(mneme_event_subject(&event).data);
    event.scope.agent_id = MNEME_STR_LIT("a");
    cr_assert(mneme_str_equal(mneme_event_subject(&event), MNEME_STR_LIT("a")));
    event.scope.user_id = MNEME_STR_LIT("u");
    cr_assert(mneme_str_equal(mneme_event_subject(&event), MNEME_STR_LIT("u")));
}

Test(event, the_key_is_tenant_slash_stream) {
    struct mneme_event event;
    struct mneme_buffer key = {0};
    mneme_event_prepare(&event, MNEME_EVENT_MEMORY_DELETED);
    event.tenant = MNEME_STR_LIT("acme");
    event.stream_id = MNEME_STR_LIT("user/7#access");
    mneme_event_key(&event, &key);
    cr_assert(mneme_str_equal(mneme_buffer_str(&key), MNEME_STR_LIT("acme/user/7#access")));
    mneme_buffer_clean_up(&key);
}

Test(event, prepare_sets_the_defaults_of_the_schema) {
    struct mneme_event event;
    memset(&event, 0xAB, sizeof event);
    mneme_event_prepare(&event, MNEME_EVENT_MEMORY_CREATED);
    const struct mneme_memory_created *created = &event.payload.memory_created;
    cr_assert_eq(created->confidence, 1.0);
    cr_assert_eq(created->importance, 0.5);
    cr_assert_eq(created->priority, 5);
    cr_assert(mneme_str_equal(created->tier, MNEME_STR_LIT("warm")));
    cr_assert_null(created->content.data);
    cr_assert_not(created->tags.is_set);
    cr_assert_not(event.expected_version.is_set);
    cr_assert_eq(event.metadata.count, 0);
}

/* The ids come from another implementation: Python's uuid.uuid5(NAMESPACE, "acme/order 7") and with
 * "\nmemory_id" behind it. */
Test(event, ids_of_an_idempotency_key_are_version_5_of_tenant_and_key) {
    struct mneme_uuid id;
    char text[MNEME_UUID_TEXT_BYTES];
    cr_assert_eq(mneme_event_id_of_key(&id, MNEME_STR_LIT("acme"), MNEME_STR_LIT("order 7"), NULL), MNEME_OK);
    cr_assert(mneme_str_equal(uuid_text(text, id), MNEME_STR_LIT("24ebf463-4545-5aee-94f4-f92e0f2ab247")));
    cr_assert_eq(
        mneme_field_id_of_key(&id, MNEME_STR_LIT("acme"), MNEME_STR_LIT("order 7"), "memory_id", NULL),
        MNEME_OK);
    cr_assert(mneme_str_equal(uuid_text(text, id), MNEME_STR_LIT("31b06415-49ed-5353-9f36-545dc503add2")));
    cr_assert_eq(mneme_uuid_version(id), 5);
}

Test(event, the_same_key_of_another_tenant_is_another_event) {
    struct mneme_uuid ours;
    struct mneme_uuid theirs;
    cr_assert_eq(mneme_event_id_of_key(&ours, MNEME_STR_LIT("acme"), MNEME_STR_LIT("k"), NULL), MNEME_OK);
    cr_assert_eq(mneme_event_id_of_key(&theirs, MNEME_STR_LIT("beta"), MNEME_STR_LIT("k"), NULL), MNEME_OK);
    cr_assert_neq(mneme_uuid_compare(ours, theirs), 0);
}

Test(event, idempotency_keys_that_cannot_be_one_are_refused) {
    char longest[MNEME_IDEMPOTENCY_KEY_MAX_BYTES + 1];
    memset(longest, 'k', sizeof longest);
    static const struct {
        const char *key;
        size_t len;
        const char *says;
    } bad[] = {
        {"", 0, "is empty"},
        {"a\nb", 3, "control character"},
        {"a\0b", 3, "NUL"},
        {"\xFF", 1, "UTF-8"},
    };
    struct mneme_uuid id;
    struct mneme_error error = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mneme_str key = {bad[i].key, bad[i].len};
        cr_assert_eq(mneme_event_id_of_key(&id, MNEME_STR_LIT("t"), key, &error), MNEME_E_INVALID);
        cr_assert_not_null(strstr(error.message, bad[i].says), "%s", error.message);
    }
    struct mneme_str key = {longest, sizeof longest};
    cr_assert_eq(mneme_event_id_of_key(&id, MNEME_STR_LIT("t"), key, &error), MNEME_E_INVALID);
    key.len--;
    cr_assert_eq(mneme_event_id_of_key(&id, MNEME_STR_LIT("t"), key, &error), MNEME_OK);
}

Test(event, every_descriptor_lies_within_its_struct) {
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        const struct mneme_record_info *info = &mneme_payload_info[type];
        for (size_t i = 0; i < info->field_count; i++) {
            cr_assert_lt(info->fields[i].offset, info->size, "%s.%s", info->name, info->fields[i].name);
        }
    }
}
