/*
 * CRC-64-AVRO of the Parsing Canonical Form, against values that other implementations compute.
 */
#include <criterion/criterion.h>

#include "schemas/codec.h"

static uint64_t fingerprint(const char *schema) {
    uint64_t value = 0;
    struct mneme_error error = {0};
    cr_assert_eq(mneme_schema_fingerprint(&value, schema, &error), MNEME_OK, "%s: %s", schema, error.message);
    return value;
}

Test(fingerprint, primitives_have_the_known_values) {
    cr_assert_eq(fingerprint("\"null\""), UINT64_C(0x63dd24e7cc258f8a));
    cr_assert_eq(fingerprint("\"int\""), UINT64_C(0x7275d51a3f395c8f));
    cr_assert_eq(fingerprint("{\"type\":\"int\"}"), UINT64_C(0x7275d51a3f395c8f));
    cr_assert_eq(fingerprint(" { \"type\" : { \"type\" : \"int\", \"doc\" : 1 } } "),
                 UINT64_C(0x7275d51a3f395c8f));
}

Test(fingerprint, what_the_canonical_form_leaves_out_makes_no_difference) {
    uint64_t plain =
        fingerprint("{\"name\":\"a.R\",\"type\":\"record\",\"fields\":[{\"name\":\"x\",\"type\":\"long\"},"
                    "{\"name\":\"y\",\"type\":[\"null\",\"a.R\"]}]}");
    cr_assert_eq(
        fingerprint("{\"type\":\"record\",\"namespace\":\"a\",\"name\":\"R\",\"doc\":\"d\",\"fields\":["
                    "{\"doc\":\"é\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"},"
                    "\"default\":1,\"name\":\"x\",\"mneme.min\":0},"
                    "{\"name\":\"y\",\"type\":[\"null\",\"R\"],\"default\":null}]}"),
        plain);
}

Test(fingerprint, what_the_canonical_form_keeps_makes_one) {
    static const char *const different[] = {
        "{\"name\":\"a.R\",\"type\":\"record\",\"fields\":[]}",
        "{\"name\":\"b.R\",\"type\":\"record\",\"fields\":[]}",
        "{\"name\":\"R\",\"type\":\"record\",\"fields\":[]}",
        "{\"name\":\"R\",\"type\":\"fixed\",\"size\":1}",
        "{\"name\":\"R\",\"type\":\"fixed\",\"size\":2}",
        "{\"name\":\"R\",\"type\":\"enum\",\"symbols\":[\"A\",\"B\"]}",
        "{\"name\":\"R\",\"type\":\"enum\",\"symbols\":[\"B\",\"A\"]}",
        "{\"type\":\"array\",\"items\":\"int\"}",
        "{\"type\":\"map\",\"values\":\"int\"}",
        "[\"int\",\"null\"]",
        "[\"null\",\"int\"]",
    };
    size_t count = sizeof different / sizeof different[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            cr_assert_neq(fingerprint(different[i]), fingerprint(different[j]), "%s", different[i]);
        }
    }
}

Test(fingerprint, what_is_no_schema_is_refused) {
    static const char *const bad[] = {
        "",
        "{",
        "7",
        "{}",
        "{\"type\":\"record\"}",
        "{\"type\":\"record\",\"name\":\"R\"}",
        "{\"type\":\"array\"}",
        "{\"type\":\"enum\",\"name\":\"E\"}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"type\":\"int\"}]}",
    };
    uint64_t value;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(mneme_schema_fingerprint(&value, bad[i], NULL), MNEME_E_INVALID, "%s", bad[i]);
    }
}
