/*
 * Memories of older stores: their canonical form, times, names of files, and the events they become.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "importers/import_canonical.h"
#include "importers/legacy.h"
#include "importers/legacy_path.h"

static struct mneme_legacy_reader reader;
static struct mneme_legacy_notes notes;
static struct mneme_error error;

static void set_up(void) {
    mneme_arena_init(&reader.arena, 0);
}

static void tear_down(void) {
    mneme_legacy_reader_clean_up(&reader);
}

TestSuite(legacy, .init = set_up, .fini = tear_down);

#define ASSERT_STR(actual, expected)                                                                         \
    cr_assert(mneme_str_equal((actual), mneme_str_from(expected)), "%.*s", MNEME_STR_ARG(actual))

Test(legacy, has_one_form_for_what_says_the_same) {
    static const char *const texts[] = {
        "{\"b\":[1,{\"y\":null,\"x\":\"\\u00e9\\/\"}],\"a\":1.50}",
        " { \"a\" : 1.50 , \"b\" : [ 1 , { \"x\" : \"é/\", \"\\u0079\": null } ] } ",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct mneme_buffer out = {0};
        struct mneme_str text = mneme_str_from(texts[i]);
        text.data += i;
        text.len -= 2 * i;
        cr_assert_eq(mneme_import_canonical(&out, &reader.arena, text, &error), MNEME_OK);
        ASSERT_STR(mneme_buffer_str(&out), "{\"a\":1.50,\"b\":[1,{\"x\":\"é/\",\"y\":null}]}");
        mneme_buffer_clean_up(&out);
    }
}

Test(legacy, refuses_a_name_given_twice_however_it_is_written) {
    struct mneme_buffer out = {0};
    cr_assert_eq(mneme_import_canonical(&out, &reader.arena,
                                        MNEME_STR_LIT("{\"a\":[{\"x\":1,\"y\":2,\"\\u0078\":3}]}"), &error),
                 MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "\"x\" occurs twice"));
    mneme_buffer_clean_up(&out);
}

Test(legacy, reads_times) {
    static const char *const texts[] = {
        "\"2024-03-03T09:12:00Z\"",
        "\"2024-03-03T10:12+01:00\"",
        "\"2024-03-03 09:12\"",
        "\"2024-03-03 09:12:00 UTC\"",
        "\"2024-03-03T09:12:00.0GMT\"",
        "1709457120",
        "1709457120.0",
        "1709457120000",
        "1709457120000000",
        "\"1709457120\"",
        "\"1709457120000\"",
        "1.70945712e9",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t micros = 0;
        cr_assert(mneme_legacy_read_time(&micros, &reader.arena, mneme_str_from(texts[i])), "%s", texts[i]);
        cr_assert_eq(micros, INT64_C(1709457120000000), "%s", texts[i]);
    }
}

Test(legacy, refuses_what_is_no_time) {
    static const char *const texts[] = {
        "\"\"",           "\"yesterday\"",
        "\"20240303\"",   "1e30",
        "-1e17",          "\"nan\"",
        "true",           "{\"$date\":1709457120}",
        "\"2024-13-01\"", "\"2024-03-03T09:12:00 UTC UTC\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t micros;
        cr_assert_not(mneme_legacy_read_time(&micros, &reader.arena, mneme_str_from(texts[i])), "%s",
                      texts[i]);
    }
}

Test(legacy, finds_ids_in_the_names_of_files_and_folders) {
    static const struct {
        const char *folder, *name, *agent, *user;
    } cases[] = {
        {"x", "crm-bot.json", "crm-bot", NULL},
        {"x", "crm-bot_memories.json", "crm-bot", NULL},
        {"x", "crm-bot_memories-2024-01-31 (2).json", "crm-bot", NULL},
        {"x", "bot-2.json", "bot-2", NULL},
        {"crm-bot", "memories.json", "crm-bot", NULL},
        {"crm-bot", "2024-01-31.json", "crm-bot", NULL},
        {"crm-bot", "7.json", "crm-bot", NULL},
        {"crm-bot", "user_ada.json", "crm-bot", "ada"},
        {"user=42", "agent-7_export.json", "7", "42"},
        {"agents", "memories.json", NULL, NULL},
        {"x", "neuroscientist_550e8400-e29b-41d4-a716-446655440000.json", "neuroscientist",
         "550e8400-e29b-41d4-a716-446655440000"},
        {"x", "550e8400-e29b-41d4-a716-446655440000_coach_memories.json", "training_agent",
         "550e8400-e29b-41d4-a716-446655440000"},
        {"sleep", "550e8400-e29b-41d4-a716-446655440000.json", "sleep_agent",
         "550e8400-e29b-41d4-a716-446655440000"},
        {"x", "user_550e8400-e29b-41d4-a716-446655440000.json", "x", "550e8400-e29b-41d4-a716-446655440000"},
        {"x", "agent-550e8400-e29b-41d4-a716-446655440000.json", "550e8400-e29b-41d4-a716-446655440000",
         NULL},
        {"x", "nutritionist.json", "nutritionist", NULL},
        {"x", "Training-memories.json", "training_agent", NULL},
        {"x", "recovery_2024.json", "recovery_agent", NULL},
        {"x", "mental_health.json", "mental_health_agent", NULL},
        {"x", "diet.json", "nutritionist", NULL},
        {"x", "dietician.json", "dietician", NULL},
        {"exports", "get_all.json", NULL, NULL},
        {"x", ".hidden", ".hidden", NULL},
    };
    char root[] = "/tmp/mneme-legacy-XXXXXX";
    cr_assert_not_null(mkdtemp(root));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char folder[128];
        char path[256];
        struct mneme_legacy_path found;
        snprintf(folder, sizeof folder, "%s/%s", root, cases[i].folder);
        snprintf(path, sizeof path, "%s/%s", folder, cases[i].name);
        cr_assert_eq(mkdir(folder, 0700), 0);
        FILE *file = fopen(path, "w");
        cr_assert_not_null(file);
        fclose(file);
        cr_assert_eq(mneme_legacy_path_read(&found, path, &error), MNEME_OK);
        ASSERT_STR(found.ids.agent, cases[i].agent);
        ASSERT_STR(found.ids.user, cases[i].user);
        cr_assert_eq(unlink(path), 0);
        cr_assert_eq(rmdir(folder), 0);
    }
    cr_assert_eq(rmdir(root), 0);
}

static int read_text(struct mneme_event *event, const char *text) {
    static const struct mneme_legacy_ids around = {.agent = {"around", 6}, .run = {"r", 1}};
    return mneme_legacy_read(event, &notes, &reader, mneme_str_from(text), &around, "default", &error);
}

Test(legacy, makes_an_id_of_what_is_said_and_whose_it_is) {
    struct mneme_event event;
    cr_assert_eq(read_text(&event, "{\"content\":\"x\",\"user\":\"u\"}"), MNEME_OK);
    struct mneme_uuid id = event.event_id;
    struct mneme_uuid memory_id = event.payload.memory_created.memory_id;
    static const struct {
        const char *text;
        bool is_same;
    } cases[] = {
        {" {\"user\" : \"\\u0075\", \"content\":\"x\"}", true},
        {"{\"content\":\"x\",\"user\":\"v\"}", false},
        {"{\"content\":\"x\",\"user\":\"u\",\"agent\":\"other\"}", false},
        {"{\"content\":\"x\",\"user\":\"u\",\"tags\":[\"t\"]}", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mneme_str text = mneme_str_from(cases[i].text);
        cr_assert_eq(read_text(&event, text.data + (text.data[0] == ' ' ? 1 : 0)), MNEME_OK, "%s",
                     error.message);
        cr_assert_eq(memcmp(&event.event_id, &id, sizeof id) == 0, cases[i].is_same, "%s", text.data);
        cr_assert_eq(memcmp(&event.payload.memory_created.memory_id, &memory_id, sizeof id) == 0,
                     cases[i].is_same);
    }
}

Test(legacy, takes_ids_from_the_memory_then_its_metadata_then_what_is_around) {
    struct mneme_event event;
    cr_assert_eq(read_text(&event, "{\"content\":\"x\",\"user_id\":\"own\",\"agent\":{\"id\":1},"
                                   "\"metadata\":{\"user_id\":\"inner\",\"agent_id\":\"inner\"}}"),
                 MNEME_OK);
    ASSERT_STR(event.scope.user_id, "own");
    ASSERT_STR(event.scope.agent_id, "inner");
    ASSERT_STR(event.scope.run_id, "r");
    ASSERT_STR(event.stream_id, "own");
    ASSERT_STR(event.payload.memory_created.metadata,
               "{\"agent_id\":\"inner\",\"user_id\":\"inner\",\"agent\":{\"id\":1}}");
}

static const struct {
    const char *members;
    double confidence, importance;
    const char *metadata, *warning;
} numbers[] = {
    {"\"confidence\":\"0.8\",\"importance\":\" 0.3 \"", 0.8, 0.3, NULL, ""},
    {"\"confidence\":\"80%\"", 0.8, 0.5, NULL, ""},
    {"\"confidence\":\"1.7\"", 1, 0.5, NULL, ""},
    {"\"confidence\":\"sure\"", 1, 0.5, "{\"confidence\":\"sure\"}",
     "confidence is \"sure\", not a number, so 1.0 is used"},
    {"\"confidence\":true,\"importance\":\"high\"", 1, 0.5, "{\"confidence\":true,\"importance\":\"high\"}",
     "confidence is true, not a number, so 1.0 is used"},
    {"\"confidence\":\"%\",\"date\":\"soon\"", 1, 0.5, "{\"confidence\":\"%\",\"date\":\"soon\"}",
     "confidence is \"%\", not a number, so 1.0 is used; date is \"soon\", not a time, so the time of the "
     "import is used"},
};

Test(legacy, takes_numbers_in_quotes_and_tells_what_is_none) {
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct mneme_event event;
        char text[200];
        snprintf(text, sizeof text, "{\"content\":\"x\",%s}", numbers[i].members);
        cr_assert_eq(read_text(&event, text), MNEME_OK, "%s: %s", text, error.message);
        const struct mneme_memory_created *memory = &event.payload.memory_created;
        cr_assert_float_eq(memory->confidence, numbers[i].confidence, 1e-9, "%s", text);
        if (strstr(text, "\" 0.3 \"") != NULL) {
            cr_assert_float_eq(memory->importance, numbers[i].importance, 1e-9, "%s", text);
        }
        ASSERT_STR(memory->metadata, numbers[i].metadata);
        cr_assert_str_eq(notes.warning, numbers[i].warning);
    }
}

Test(legacy, reads_memories_of_mem0) {
    struct mneme_event event;
    reader.named = (struct mneme_legacy_ids){.agent = {"named", 5}};
    static const struct mneme_legacy_ids around = {0};
    static const char *const texts[] = {
        "{\"id\":\"i\",\"memory\":\"Lives in "
        "Tartu\",\"metadata\":null,\"user_id\":\"ada\",\"categories\":[\"home\"]}",
        "{\"id\":\"i\",\"memory\":\"Lives in "
        "Tartu\",\"metadata\":null,\"user_id\":\"ada\",\"categories\":[\"home\"],"
        "\"score\":0.7}",
    };
    struct mneme_uuid ids[2];
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(
            mneme_legacy_read(&event, &notes, &reader, mneme_str_from(texts[i]), &around, "default", &error),
            MNEME_OK, "%s", error.message);
        ASSERT_STR(event.payload.memory_created.content, "{\"text\":\"Lives in Tartu\"}");
        ASSERT_STR(event.payload.memory_created.metadata, "{\"id\":\"i\"}");
        ASSERT_STR(event.payload.memory_created.tags.items[0], "home");
        ASSERT_STR(event.scope.user_id, "ada");
        ASSERT_STR(event.scope.agent_id, NULL);
        ids[i] = event.event_id;
    }
    cr_assert_eq(mneme_uuid_compare(ids[0], ids[1]), 0);
    cr_assert_eq(mneme_legacy_read(&event, &notes, &reader, MNEME_STR_LIT("{\"memory\":\"x\"}"), &around,
                                   "default", &error),
                 MNEME_OK);
    ASSERT_STR(event.scope.agent_id, "named");
    reader.named = (struct mneme_legacy_ids){0};
    cr_assert_eq(mneme_legacy_read(&event, &notes, &reader, MNEME_STR_LIT("{\"text\":\"x\"}"), &around,
                                   "default", &error),
                 MNEME_OK);
    ASSERT_STR(event.scope.agent_id, "unknown_agent");
}

Test(legacy, says_where_a_memory_was_found_unless_it_does) {
    struct mneme_event event;
    static const struct mneme_legacy_origin origin = {"a/b.json", "data.memories", INT64_C(1709457120000000)};
    reader.origin = &origin;
    cr_assert_eq(read_text(&event, "{\"content\":\"x\"}"), MNEME_OK);
    ASSERT_STR(
        event.payload.memory_created.metadata,
        "{\"migrated_from\":\"json_file\",\"migration_timestamp\":\"2024-03-03T09:12:00.000000Z\",\"source_"
        "file\":\"a/"
        "b.json\",\"original_structure\":\"data.memories\"}");
    cr_assert_eq(
        read_text(&event, "{\"content\":\"x\",\"source_file\":\"old\",\"metadata\":{\"migrated_from\":\"db\","
                          "\"migration_timestamp\":1}}"),
        MNEME_OK);
    ASSERT_STR(event.payload.memory_created.metadata, "{\"migrated_from\":\"db\",\"migration_timestamp\":1,"
                                                      "\"source_file\":\"old\",\"original_structure\":\"data."
                                                      "memories\"}");
    reader.origin = NULL;
}

Test(legacy, refuses_what_holds_memories_instead_of_being_one) {
    static const struct {
        const char *text, *words; /* NULL: it is a memory */
    } shapes[] = {
        {"{\"rows\":[{\"content\":\"a\"}]}", "member \"rows\" is a list of objects"},
        {"{\"ada\":{\"deep\":[[{\"x\":1}]]}}", "member \"ada\" is a list of objects"},
        {"{\"m1\":{\"content\":\"a\"},\"m2\":{\"content\":\"b\"}}", "an object that has content itself"},
        {"{\"title\":\"t\",\"mapping\":{}}", "mneme import chatgpt"},
        {"{\"mapping\":{\"a\":{}}}", "mneme import chatgpt"},
        {"{\"type\":\"fact\",\"rows\":[{\"n\":1}]}", NULL},
        {"{\"content\":\"x\",\"rows\":[{\"n\":1}]}", NULL},
        {"{\"boat\":{\"name\":\"Heron\"},\"ports\":[\"Kiel\"]}", NULL},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct mneme_event event;
        int status = read_text(&event, shapes[i].text);
        cr_assert_eq(status, shapes[i].words == NULL ? MNEME_OK : MNEME_E_INVALID, "%s: %s", shapes[i].text,
                     error.message);
        cr_assert(shapes[i].words == NULL || strstr(error.message, shapes[i].words) != NULL, "%s: %s",
                  shapes[i].text, error.message);
    }
}

Test(legacy, clamps_numbers_and_keeps_the_term) {
    struct mneme_event event;
    cr_assert_eq(read_text(&event, "{\"content\":\"x\",\"confidence\":85,\"importance\":-3,\"priority\":11.5,"
                                   "\"type\":\"short_term\",\"expires_at\":1709457120}"),
                 MNEME_OK);
    const struct mneme_memory_created *memory = &event.payload.memory_created;
    cr_assert_eq(memory->confidence, 1);
    cr_assert_eq(memory->importance, 0);
    cr_assert_eq(memory->priority, 10);
    ASSERT_STR(memory->memory_type, "fact");
    ASSERT_STR(memory->term, "short_term");
    cr_assert(memory->expires_at.is_set);
    cr_assert_eq(memory->expires_at.value, INT64_C(1709457120000000));
    cr_assert_null(memory->metadata.data);
}
