/*
 * mneme version: versions of the program, of the schema and tables it knows, and of the libraries it uses.
 */
#include <curl/curl.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "common/json/write.h"
#include "schemas/event.h"
#include "sql/embedded.h"

struct row {
    const char *name;
    struct mneme_str version;
};

static struct mneme_str libpq_version(char text[16]) {
    int version = PQlibVersion();
    snprintf(text, 16, "%d.%d", version / 10000, version % 10000);
    return mneme_str_from(text);
}

static enum mneme_exit run(struct mneme_cli *cli) {
    char libpq[16];
    const struct row libraries[] = {
        {"librdkafka", mneme_str_from(rd_kafka_version_str())},
        {"libpq", libpq_version(libpq)},
        {"libcurl", mneme_str_from(curl_version_info(CURLVERSION_NOW)->version)},
        {"jansson", mneme_str_from(jansson_version_str())},
        {"openssl", mneme_str_from(OpenSSL_version(OPENSSL_VERSION_STRING))},
        {"libmicrohttpd", mneme_str_from(MHD_get_version())},
    };
    int schema = mneme_released_schemas[mneme_released_schema_count - 1].version;
    int migration = mneme_migrations_postgres.migrations[mneme_migrations_postgres.count - 1].version;
    size_t count = sizeof libraries / sizeof *libraries;
    if (!cli->json) {
        printf("mneme %s (event schema %d, migration %d)\n", MNEME_VERSION, schema, migration);
        for (size_t i = 0; i < count; i++) {
            printf("  %-14s %.*s\n", libraries[i].name, MNEME_STR_ARG(libraries[i].version));
        }
        return MNEME_EXIT_DONE;
    }
    struct mneme_buffer out = {0};
    struct mneme_json_writer json = {.out = &out};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("version"));
    mneme_json_string(&json, MNEME_STR_LIT(MNEME_VERSION));
    mneme_json_key(&json, MNEME_STR_LIT("event_schema"));
    mneme_json_long(&json, schema);
    mneme_json_key(&json, MNEME_STR_LIT("migration"));
    mneme_json_long(&json, migration);
    mneme_json_key(&json, MNEME_STR_LIT("libraries"));
    mneme_json_begin_object(&json);
    for (size_t i = 0; i < count; i++) {
        mneme_json_key(&json, mneme_str_from(libraries[i].name));
        mneme_json_string(&json, libraries[i].version);
    }
    mneme_json_end_object(&json);
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&out);
    mneme_buffer_clean_up(&out);
    return code;
}

const struct mneme_command mneme_command_version = {
    .name = "version",
    .summary = "Print the versions of the program and of the libraries it uses.",
    .arguments = "",
    .common = MNEME_CLI_BARE,
    .examples = "  mneme version --json\n",
    .run = run,
};
