/*
 * The facts about projections, and that what else speaks of them says the same.
 */
#include "common/config/projections.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <regex.h>
#include <stdio.h>

#include "common/postgres/schema.h"
#include "consumers/projections.h"
#include "schemas/access_stream.h"

Test(projections, have_facts_of_their_own) {
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        const struct mneme_projection_facts *facts = &mneme_projections[i];
        cr_assert_eq(facts->id, i);
        cr_assert_eq(mneme_projection_named(facts->name), facts);
        cr_assert_eq(mneme_projection_workers[i]->facts, facts);
        cr_assert_eq(mneme_projection_migrations[i] != NULL, facts->has_schema, "%s", facts->name);
        cr_assert(facts->source == NULL || facts->source->id < facts->id, "%s stands before its source",
                  facts->name);
        cr_assert_eq(mneme_projection_by_name(facts->name), mneme_projection_workers[i]);
    }
}

Test(projections, are_found_by_what_their_progress_goes_by) {
    const struct mneme_projection_facts *embed = &mneme_projections[MNEME_PROJECTION_EMBED];
    cr_assert_eq(mneme_projection_named("embed.bge-small-en-v1.5"), embed);
    cr_assert_null(mneme_projection_named("embedded"));
    cr_assert_null(mneme_projection_named("em"));
    cr_assert_null(mneme_projection_named(""));
    cr_assert_null(mneme_projection_by_name("embed.bge-small-en-v1.5"));
}

Test(projections, without_a_schema_read_that_of_the_ledger) {
    char name[MNEME_PG_NAME_BYTES];
    struct mneme_config *config = NULL;
    struct mneme_error error = {0};
    cr_assert_eq(mneme_config_load(&config, NULL, &error), MNEME_OK);
    cr_assert_eq(mneme_config_set(config, MNEME_SETTING_PG_SCHEMA, "ledger", MNEME_FROM_OPTION, &error),
                 MNEME_OK);
    cr_assert_eq(mneme_config_set(config, MNEME_SETTING_SEARCH_SCHEMA, "", MNEME_FROM_OPTION, &error),
                 MNEME_OK);
    cr_assert_eq(mneme_pg_schema_name(name, config, MNEME_PROJECTION_REDIS, &error), MNEME_OK);
    cr_assert_str_eq(name, "ledger");
    cr_assert_eq(mneme_pg_schema_name(name, config, MNEME_PROJECTION_SEARCH, &error), MNEME_OK);
    cr_assert_str_eq(name, "ledger_search");
    mneme_config_destroy(config);
}

/* Calls `check` for what the pattern's last group matches, everywhere in the .sql files of the folder. */
static size_t each_match(const char *folder, const char *pattern, size_t group,
                         void (*check)(const char *, const char *)) {
    char path[1024];
    char text[65536];
    char word[64];
    size_t count = 0;
    regmatch_t match[4];
    regex_t regex;
    snprintf(path, sizeof path, "%s/%s", MNEME_SOURCE_DIR, folder);
    DIR *dir = opendir(path);
    cr_assert_not_null(dir);
    cr_assert_eq(regcomp(&regex, pattern, REG_EXTENDED), 0);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        snprintf(path, sizeof path, "%s/%s/%s", MNEME_SOURCE_DIR, folder, entry->d_name);
        FILE *file = strstr(entry->d_name, ".sql") != NULL ? fopen(path, "r") : NULL;
        if (file == NULL) {
            continue;
        }
        size_t len = fread(text, 1, sizeof text - 1, file);
        text[len] = '\0';
        fclose(file);
        for (const char *at = text; regexec(&regex, at, 4, match, 0) == 0; at += match[0].rm_eo) {
            snprintf(word, sizeof word, "%.*s", (int)(match[group].rm_eo - match[group].rm_so),
                     at + match[group].rm_so);
            check(word, path);
            count++;
        }
    }
    closedir(dir);
    regfree(&regex);
    return count;
}

static void is_named(const char *word, const char *path) {
    cr_assert_not_null(mneme_projection_named(word), "%s: there is no projection '%s'", path, word);
}

static void is_access_suffix(const char *word, const char *path) {
    cr_assert_str_eq(word, MNEME_ACCESS_STREAM_SUFFIX, "%s", path);
}

/* SQL cannot take them from the table. */
Test(projections, are_called_so_in_every_statement) {
    static const char equal[] = "projection (=|IN \\() ?'([a-z]+)[.#']";
    cr_assert_gt(each_match("sql/queries", equal, 2, is_named), 20);
    cr_assert_gt(each_match("sql/migrations/postgres", equal, 2, is_named), 3);
}

Test(access_stream, has_one_suffix_in_every_statement) {
    static const char suffix[] = "'(#[a-z]+)'";
    cr_assert_gt(each_match("sql/queries", suffix, 1, is_access_suffix), 3);
    cr_assert_gt(each_match("sql/migrations/postgres", suffix, 1, is_access_suffix), 3);
}

Test(access_stream, is_beside_that_of_the_memories) {
    struct mneme_buffer name = {0};
    mneme_access_stream_append(&name, MNEME_STR_LIT("ada"));
    cr_assert(mneme_str_equal(mneme_buffer_str(&name), MNEME_STR_LIT("ada#access")));
    cr_assert(mneme_str_equal(mneme_access_stream_subject(mneme_buffer_str(&name)), MNEME_STR_LIT("ada")));
    cr_assert(mneme_str_equal(mneme_access_stream_subject(MNEME_STR_LIT("access")), MNEME_STR_LIT("access")));
    mneme_buffer_clean_up(&name);
}
