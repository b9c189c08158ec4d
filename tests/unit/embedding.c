/*
 * The record of an embedding: its key, its topic's name, its bytes against Avro C, and hostile bytes.
 */
#include "schemas/embedding.h"

#include <avro.h>
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>

#include "schemas/codec.h"

static struct mneme_config *config;
static struct mneme_embedding_codec *codec;
static struct mneme_arena arena;
static struct mneme_buffer bytes;
static struct mneme_error error;

static void set_up(void) {
    unsetenv("SCHEMA_REGISTRY_URL");
    mneme_arena_init(&arena, 0);
    cr_assert_eq(mneme_config_load(&config, NULL, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_embedding_codec_new(&codec, config, "mneme.embeddings.m", &error), MNEME_OK, "%s",
                 error.message);
}

static void tear_down(void) {
    mneme_embedding_codec_destroy(codec);
    mneme_config_destroy(config);
    mneme_buffer_clean_up(&bytes);
    mneme_arena_clean_up(&arena);
}

TestSuite(embedding, .init = set_up, .fini = tear_down);

static const struct mneme_embedding full = {
    .tenant = MNEME_STR_LIT("acme"),
    .stream_id = MNEME_STR_LIT("ada"),
    .kind = MNEME_STR_LIT("turn"),
    .ref = MNEME_STR_LIT("7/chat"),
    .user_id = MNEME_STR_LIT("ada"),
    .agent_id = MNEME_STR_LIT("helper"),
    .run_id = MNEME_STR_LIT("r1"),
    .conversation_id = MNEME_STR_LIT("chat"),
    .position = {-7, true},
    .speaker = MNEME_STR_LIT("Ada"),
    .created_at = INT64_C(1767225600000000),
    .text = MNEME_STR_LIT("Ada: 茶"),
    .text_hash = MNEME_STR_LIT("01234567890123456789012345678901"),
    .model = MNEME_STR_LIT("m"),
    .query_prefix = MNEME_STR_LIT("q: "),
    .passage_prefix = MNEME_STR_LIT("p: "),
    .dimensions = 2,
    .vector = MNEME_STR_LIT("\0\0\x80\x3F\0\0\0\xC0"),
    .metric = MNEME_STR_LIT("cosine"),
    .metadata = MNEME_STR_LIT("{\"a\":1}"),
    .source_sequence = INT64_C(123456789012345),
    .part_vectors = MNEME_STR_LIT("\0\0\x80\x3F\0\0\0\xC0\0\0\x80\x3F\0\0\0\xC0"),
};

/* With everything null that may be. */
static struct mneme_embedding bare(void) {
    struct mneme_embedding embedding = full;
    embedding.user_id = embedding.agent_id = embedding.run_id = embedding.conversation_id = MNEME_STR_NULL;
    embedding.speaker = embedding.metric = embedding.metadata = MNEME_STR_NULL;
    embedding.position = (struct mneme_opt_long){0};
    embedding.text = MNEME_STR_LIT("");
    embedding.part_vectors = MNEME_STR_LIT("");
    return embedding;
}

static bool is_equal(const struct mneme_embedding *a, const struct mneme_embedding *b) {
#define SAME(field) mneme_str_equal(a->field, b->field)
    return SAME(tenant) && SAME(stream_id) && SAME(kind) && SAME(ref) && SAME(user_id) && SAME(agent_id) &&
           SAME(run_id) && SAME(conversation_id) && SAME(speaker) && SAME(text) && SAME(text_hash) &&
           SAME(model) && SAME(query_prefix) && SAME(passage_prefix) && SAME(vector) && SAME(metric) &&
           SAME(metadata) && SAME(part_vectors) && a->position.is_set == b->position.is_set &&
           a->position.value == b->position.value && a->created_at == b->created_at &&
           a->dimensions == b->dimensions && a->source_sequence == b->source_sequence;
#undef SAME
}

static void encode(const struct mneme_embedding *embedding) {
    mneme_buffer_clear(&bytes);
    cr_assert_eq(mneme_embedding_encode(codec, embedding, &bytes, &error), MNEME_OK, "%s", error.message);
}

Test(embedding, comes_back_as_it_was) {
    const struct mneme_embedding both[] = {full, bare()};
    for (size_t i = 0; i < 2; i++) {
        struct mneme_embedding back;
        encode(&both[i]);
        cr_assert_eq(mneme_embedding_decode(codec, &back, mneme_buffer_str(&bytes), &error), MNEME_OK, "%s",
                     error.message);
        cr_assert(is_equal(&both[i], &back), "%zu", i);
    }
}

Test(embedding, avro_c_reads_the_same_by_the_schema) {
    avro_schema_t schema;
    avro_value_t value;
    char *text = NULL;
    const char *newest = mneme_embedding_schemas[MNEME_EMBEDDING_VERSIONS - 1];
    cr_assert_eq(avro_schema_from_json_length(newest, strlen(newest), &schema), 0, "%s", avro_strerror());
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    avro_generic_value_new(iface, &value);
    encode(&full);
    avro_reader_t reader = avro_reader_memory(bytes.data + 10, (int64_t)bytes.len - 10);
    cr_assert_eq(avro_value_read(reader, &value), 0, "%s", avro_strerror());
    cr_assert_eq(avro_value_to_json(&value, 1, &text), 0);
    json_t *json = json_loads(text, 0, NULL);
    cr_assert_str_eq(json_string_value(json_object_get(json, "ref")), "7/chat");
    cr_assert_str_eq(json_string_value(json_object_get(json, "text")), "Ada: 茶");
    cr_assert_eq(json_integer_value(json_object_get(json_object_get(json, "position"), "long")), -7);
    cr_assert_eq(json_integer_value(json_object_get(json, "dimensions")), 2);
    cr_assert_eq(json_integer_value(json_object_get(json, "source_sequence")), full.source_sequence);
    cr_assert_str_eq(json_string_value(json_object_get(json_object_get(json, "metadata"), "string")),
                     "{\"a\":1}");
    json_decref(json);
    free(text);
    avro_reader_free(reader);
    avro_value_decref(&value);
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
}

Test(embedding, bytes_that_are_none_are_refused) {
    struct mneme_embedding back;
    encode(&full);
    for (size_t len = 0; len < bytes.len; len++) {
        cr_assert_neq(mneme_embedding_decode(codec, &back, (struct mneme_str){bytes.data, len}, NULL),
                      MNEME_OK, "%zu", len);
    }
    mneme_buffer_append_byte(&bytes, 0);
    cr_assert_eq(mneme_embedding_decode(codec, &back, mneme_buffer_str(&bytes), &error), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "1 bytes are left"), "%s", error.message);
    for (size_t at = 10; at + 1 < bytes.len; at++) { /* whatever it becomes, nothing beyond it is read */
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes.data[at] = (char)((unsigned char)bytes.data[at] ^ 1U << bit);
            (void)mneme_embedding_decode(codec, &back, (struct mneme_str){bytes.data, bytes.len - 1}, NULL);
            bytes.data[at] = (char)((unsigned char)bytes.data[at] ^ 1U << bit);
        }
    }
}

Test(embedding, a_vector_of_another_length_is_refused) {
    struct mneme_embedding wrong = full;
    struct mneme_embedding back;
    wrong.dimensions = 3;
    encode(&wrong);
    cr_assert_eq(mneme_embedding_decode(codec, &back, mneme_buffer_str(&bytes), &error), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "8 bytes but should have 3 numbers"), "%s", error.message);
}

Test(embedding, vectors_of_parts_are_two_to_256_of_the_same_length) {
    static const char zeros[8 * (MNEME_EMBEDDING_MAX_PARTS + 1)];
    static const struct {
        size_t len;
        int status;
    } cases[] = {
        {0, MNEME_OK},
        {4, MNEME_E_INVALID},
        {8, MNEME_E_INVALID},
        {12, MNEME_E_INVALID},
        {16, MNEME_OK},
        {8 * MNEME_EMBEDDING_MAX_PARTS, MNEME_OK},
        {8 * (MNEME_EMBEDDING_MAX_PARTS + 1), MNEME_E_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mneme_embedding some = full;
        struct mneme_embedding back;
        some.part_vectors = (struct mneme_str){zeros, cases[i].len};
        encode(&some);
        cr_expect_eq(mneme_embedding_decode(codec, &back, mneme_buffer_str(&bytes), &error), cases[i].status,
                     "%zu bytes", cases[i].len);
    }
    cr_assert_not_null(strstr(error.message, "2056 bytes, which are not 2 to 256 vectors of 2 numbers"), "%s",
                       error.message);
}

/* What a program of that time has written. */
Test(embedding, a_record_of_version_1_is_read) {
    static const char fingerprint[] = "\xBD\xBC\x32\xF3\xC3\x1A\x72\xD5";
    struct mneme_embedding one = full;
    struct mneme_embedding back;
    one.part_vectors = MNEME_STR_NULL; /* as it comes back */
    encode(&one);
    memcpy(bytes.data + 2, fingerprint, 8);
    cr_assert_eq(mneme_embedding_decode(codec, &back, mneme_buffer_str(&bytes), &error), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "1 bytes are left"), "it has no vectors of parts: %s",
                       error.message);
    bytes.len--;
    cr_assert_eq(mneme_embedding_decode(codec, &back, mneme_buffer_str(&bytes), &error), MNEME_OK, "%s",
                 error.message);
    cr_assert(is_equal(&one, &back));
}

Test(embedding, another_schema_is_said_to_be_unknown) {
    struct mneme_embedding back;
    encode(&full);
    bytes.data[3] ^= 1;
    cr_assert_eq(mneme_embedding_decode(codec, &back, mneme_buffer_str(&bytes), &error),
                 MNEME_E_UNKNOWN_SCHEMA);
    mneme_buffer_clear(&bytes);
    mneme_frame_write_confluent(&bytes, 7);
    cr_assert_eq(mneme_embedding_decode(codec, &back, mneme_buffer_str(&bytes), &error),
                 MNEME_E_UNKNOWN_SCHEMA);
    cr_assert_not_null(strstr(error.message, "set SCHEMA_REGISTRY_URL"), "%s", error.message);
}

Test(embedding, a_key_comes_back_whatever_its_parts_hold) {
    static const struct {
        struct mneme_embedding_key key;
        const char *text;
    } rows[] = {
        {{MNEME_STR_LIT("memory"), MNEME_STR_LIT("0190"), MNEME_STR_LIT("t"), MNEME_STR_LIT("ada")},
         "memory/0190/t/ada"},
        {{MNEME_STR_LIT("turn"), MNEME_STR_LIT("0/a/b"), MNEME_STR_LIT("50%"), MNEME_STR_LIT("ада/茶")},
         "turn/0%2Fa%2Fb/50%25/ада%2F茶"},
        {{MNEME_STR_LIT("vector"), MNEME_STR_LIT("%2F"), MNEME_STR_LIT("a b?"), MNEME_STR_LIT("%")},
         "vector/%252F/a b?/%25"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mneme_embedding_key back;
        mneme_buffer_clear(&bytes);
        mneme_embedding_key_write(&bytes, &rows[i].key);
        cr_assert(mneme_str_equal(mneme_buffer_str(&bytes), mneme_str_from(rows[i].text)), "%.*s",
                  MNEME_STR_ARG(mneme_buffer_str(&bytes)));
        cr_assert_eq(mneme_embedding_key_read(&back, &arena, mneme_buffer_str(&bytes), &error), MNEME_OK,
                     "%s", error.message);
        cr_assert(mneme_str_equal(back.kind, rows[i].key.kind) &&
                  mneme_str_equal(back.ref, rows[i].key.ref) &&
                  mneme_str_equal(back.tenant, rows[i].key.tenant) &&
                  mneme_str_equal(back.stream_id, rows[i].key.stream_id));
    }
}

Test(embedding, a_text_that_is_no_key_is_refused) {
    static const char *const bad[] = {"",       "memory",  "a/b/c",    "a/b/c/d/e", "/b/c/d",  "a/b/c/",
                                      "a//c/d", "a/%/c/d", "a/%2/c/d", "a/%G0/c/d", "a/b/c/%2"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mneme_embedding_key key;
        cr_assert_eq(mneme_embedding_key_read(&key, &arena, mneme_str_from(bad[i]), &error), MNEME_E_INVALID,
                     "%s", bad[i]);
    }
    struct mneme_embedding_key key;
    cr_assert_eq(mneme_embedding_key_read(&key, &arena, MNEME_STR_NULL, &error), MNEME_E_INVALID);
}

Test(embedding, a_topic_is_named_after_the_model) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    char long_name[300];
    cr_assert_eq(mneme_config_set(config, MNEME_SETTING_TOPIC_PREFIX, "p.", MNEME_FROM_OPTION, &error),
                 MNEME_OK);
    cr_assert_eq(mneme_embeddings_topic(topic, config, "BAAI/bge small:ü", &error), MNEME_OK);
    cr_assert_str_eq(topic, "p.embeddings.BAAI-bge-small---");
    cr_assert_eq(mneme_embeddings_edition_topic(topic, config, "m/1", 1, &error), MNEME_OK);
    cr_assert_str_eq(topic, "p.embeddings.m-1");
    cr_assert_eq(mneme_embeddings_edition_topic(topic, config, "m/1", 12, &error), MNEME_OK);
    cr_assert_str_eq(topic, "p.embeddings-12.m-1");
    memset(long_name, 'm', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    cr_assert_eq(mneme_embeddings_topic(topic, config, long_name, &error), MNEME_E_INVALID);
    cr_assert_eq(mneme_embeddings_topic(topic, config, "", &error), MNEME_E_INVALID);
}
