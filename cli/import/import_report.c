/*
 * The report of one file as JSON and as text: counts, then the agents with what they have.
 */
#include "cli/import/import_report.h"

#include <stdio.h>

#include "cli/frame/output.h"
#include "common/json/write.h"

#define SHOWN_AGENTS 20 /* in text; JSON has all that were counted */

static void put_long(struct mneme_json_writer *json, const char *name, int64_t value) {
    mneme_json_key(json, mneme_str_from(name));
    mneme_json_long(json, value);
}

static void put_string(struct mneme_json_writer *json, const char *name, const char *value) {
    mneme_json_key(json, mneme_str_from(name));
    mneme_json_string(json, mneme_str_from(value));
}

static void put_bool(struct mneme_json_writer *json, const char *name, bool value) {
    mneme_json_key(json, mneme_str_from(name));
    mneme_json_bool(json, value);
}

/* The same agent in the store; NULL: the store has nothing of it, or nothing was compared. */
static const struct mneme_import_agent *find_agent(const struct mneme_import_validated *validated,
                                                   const struct mneme_import_agent *agent) {
    for (size_t i = 0; validated != NULL && i < validated->agents.count; i++) {
        if (strcmp(validated->agents.items[i]->agent_id, agent->agent_id) == 0) {
            return validated->agents.items[i];
        }
    }
    return NULL;
}

static void put_types(struct mneme_json_writer *json, const char *name,
                      const struct mneme_import_agent *agent) {
    mneme_json_key(json, mneme_str_from(name));
    mneme_json_begin_object(json);
    for (size_t i = 0; agent != NULL && i < MNEME_IMPORT_MAX_TYPES && mneme_import_type_name(i) != NULL;
         i++) {
        if (agent->by_type[i] > 0) {
            put_long(json, mneme_import_type_name(i), agent->by_type[i]);
        }
    }
    mneme_json_end_object(json);
}

static void put_agent(struct mneme_json_writer *json, const struct mneme_import_agent *agent,
                      const struct mneme_import_validated *validated) {
    mneme_json_begin_object(json);
    put_string(json, "agent_id", agent->agent_id[0] == '\0' ? NULL : agent->agent_id);
    put_long(json, "memories", agent->memories);
    put_types(json, "types", agent);
    if (validated != NULL) {
        const struct mneme_import_agent *stored = find_agent(validated, agent);
        put_long(json, "in_store", stored == NULL ? 0 : stored->memories);
        put_types(json, "types_in_store", stored);
    }
    mneme_json_end_object(json);
}

static void put_validated(struct mneme_json_writer *json, const struct mneme_import_validated *validated) {
    put_bool(json, "validated", true);
    put_long(json, "as_in_store", validated->there);
    put_long(json, "missing", validated->missing);
    put_long(json, "differing", validated->differing);
    put_long(json, "changed_since", validated->changed);
    put_long(json, "deleted_since", validated->deleted);
}

static void put_entries(struct mneme_json_writer *json, const struct mneme_import_said *said) {
    const struct mneme_import_report *report = said->report;
    put_long(json, "entries", report->entries);
    put_long(json, "refused", report->refused);
    put_long(json, "already", report->already);
    put_bool(json, "already_imported", report->is_known);
    put_long(json, "unknown_types", report->unknown_types);
    put_long(json, "left_out", report->left_out);
    put_string(json, "passed_over", report->ignored);
    put_bool(json, "file_passed_over", report->holding != MNEME_IMPORT_HOLDS_ENTRIES);
    mneme_json_key(json, MNEME_STR_LIT("agents"));
    mneme_json_begin_array(json);
    for (size_t i = 0; i < report->agents.count; i++) {
        put_agent(json, report->agents.items[i], said->validated);
    }
    mneme_json_end_array(json);
    put_long(json, "memories_of_other_agents", report->agents.others);
}

static enum mneme_exit print_json(const struct mneme_import_said *said) {
    const struct mneme_import_report *report = said->report;
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    put_string(&json, "file", said->path);
    put_string(&json, "format", said->format);
    put_long(&json, "events", report->events);
    put_long(&json, "published", report->acknowledged);
    put_long(&json, "skipped", report->skipped);
    put_long(&json, "mended", report->mended);
    put_long(&json, "warnings", report->warnings);
    put_bool(&json, "dry_run", said->is_dry_run);
    mneme_json_key(&json, MNEME_STR_LIT("seconds"));
    mneme_json_double(&json, report->seconds);
    if (said->is_judged_by_entry) {
        put_entries(&json, said);
    }
    if (said->validated != NULL) {
        put_validated(&json, said->validated);
    }
    mneme_json_end_object(&json);
    enum mneme_exit exit_code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return exit_code;
}

/* --- text --- */

/* A count; with `stored`, also how many the store has. */
static void print_count(int64_t count, const int64_t *stored) {
    if (stored != NULL) {
        printf("%lld of ", (long long)*stored);
    }
    printf("%lld", (long long)count);
}

static void print_agent(const struct mneme_import_agent *agent,
                        const struct mneme_import_validated *validated) {
    static const struct mneme_import_agent nothing;
    const char *separator = " (";
    const struct mneme_import_agent *stored = find_agent(validated, agent);
    stored = validated != NULL && stored == NULL ? &nothing : stored;
    printf("  %s: ", agent->agent_id[0] == '\0' ? "no agent" : agent->agent_id);
    print_count(agent->memories, stored == NULL ? NULL : &stored->memories);
    for (size_t i = 0; i < MNEME_IMPORT_MAX_TYPES && mneme_import_type_name(i) != NULL; i++) {
        if (agent->by_type[i] > 0) {
            printf("%s%s ", separator, mneme_import_type_name(i));
            print_count(agent->by_type[i], stored == NULL ? NULL : &stored->by_type[i]);
            separator = ", ";
        }
    }
    printf(")\n");
}

static void print_agents(const struct mneme_import_agents *agents,
                         const struct mneme_import_validated *validated) {
    int64_t others = agents->others;
    for (size_t i = 0; i < agents->count; i++) {
        if (i < SHOWN_AGENTS) {
            print_agent(agents->items[i], validated);
        } else {
            others += agents->items[i]->memories;
        }
    }
    if (others > 0) {
        printf("  other agents: %lld\n", (long long)others);
    }
}

static void print_validated(const struct mneme_import_said *said) {
    const struct mneme_import_validated *validated = said->validated;
    printf("%s: %lld %s, %lld the same in the store, %lld missing, %lld differing, %lld changed since, %lld "
           "deleted since, %lld refused\n",
           said->path, (long long)said->report->events, said->noun == NULL ? "events" : said->noun,
           (long long)validated->there, (long long)validated->missing, (long long)validated->differing,
           (long long)validated->changed, (long long)validated->deleted, (long long)said->report->refused);
}

static void print_entries(const struct mneme_import_said *said, double rate) {
    const struct mneme_import_report *report = said->report;
    if (report->holding != MNEME_IMPORT_HOLDS_ENTRIES) {
        printf("%s: passed over, since it contains no conversations\n", said->path);
        return;
    }
    if (report->is_known) {
        printf("%s: already imported (%lld %s); --again publishes it again\n", said->path,
               (long long)report->events, said->noun);
        return;
    }
    if (said->validated != NULL) {
        print_validated(said);
    } else if (said->is_dry_run) {
        printf("%s: %lld %s to import, %lld refused; nothing was published\n", said->path,
               (long long)report->events, said->noun, (long long)report->refused);
    } else {
        printf("%s: %lld %s published, %lld already there, %lld refused, in %.2f s (%.0f/s)\n", said->path,
               (long long)report->acknowledged, said->noun, (long long)report->already,
               (long long)report->refused, report->seconds, rate);
    }
    print_agents(&report->agents, said->validated);
    if (report->unknown_types > 0) {
        printf("  %lld of an unknown type: they became facts, with metadata.legacy_type\n",
               (long long)report->unknown_types);
    }
    if (report->skipped > 0) {
        printf("  %lld without text were skipped\n", (long long)report->skipped);
    }
    if (report->left_out > 0) {
        printf("  %lld messages on other branches than the current one were left out\n",
               (long long)report->left_out);
    }
    if (report->mended > 0) {
        printf("  %lld half characters became U+FFFD\n", (long long)report->mended);
    }
    if (report->ignored[0] != '\0') {
        printf("  passed over, not memories: %s\n", report->ignored);
    }
}

static void print_text(const struct mneme_import_said *said) {
    const struct mneme_import_report *report = said->report;
    double rate = report->seconds > 0 ? (double)report->acknowledged / report->seconds : 0;
    if (said->is_judged_by_entry) {
        print_entries(said, rate);
    } else if (said->validated != NULL) {
        print_validated(said);
    } else if (said->is_dry_run) {
        printf("%s: fine, %lld events, %lld skipped; nothing was published\n", said->path,
               (long long)report->events, (long long)report->skipped);
    } else {
        printf("%s: %lld events published, %lld skipped, in %.2f s (%.0f events/s)\n", said->path,
               (long long)report->acknowledged, (long long)report->skipped, report->seconds, rate);
    }
}

enum mneme_exit mneme_cli_import_report(const struct mneme_cli *cli, const struct mneme_import_said *said) {
    if (cli->json) {
        return print_json(said);
    }
    print_text(said);
    return MNEME_EXIT_DONE;
}

void mneme_cli_import_sum(const struct mneme_cli *cli, int64_t files, int64_t passed_over) {
    if (!cli->json) {
        printf("%lld file%s with conversations, %lld passed over\n", (long long)files, files == 1 ? "" : "s",
               (long long)passed_over);
    }
}

/* --- refusals and warnings --- */

/* A line of JSON about an entry, with the reason in the member `name`. */
static enum mneme_exit put_remark(const char *path, int64_t entry, int64_t line, const char *name,
                                  const char *why) {
    struct mneme_buffer text = {0};
    struct mneme_json_writer json = {.out = &text};
    mneme_json_begin_object(&json);
    put_string(&json, "file", path);
    mneme_json_key(&json, MNEME_STR_LIT("entry"));
    if (entry > 0) {
        mneme_json_long(&json, entry);
    } else {
        mneme_json_null(&json);
    }
    put_long(&json, "line", line);
    put_string(&json, name, why);
    mneme_json_end_object(&json);
    enum mneme_exit exit_code = mneme_cli_put_line(&text);
    mneme_buffer_clean_up(&text);
    return exit_code;
}

enum mneme_exit mneme_cli_import_refused(const struct mneme_cli *cli, const char *path, int64_t entry,
                                         int64_t line, const char *why) {
    const char *colon = strstr(why, ": "); /* after "entry refused" or similar */
    why = colon == NULL ? why : colon + 2;
    struct mneme_error said = {0};
    if (entry > 0) {
        (void)mneme_error_set(&said, MNEME_E_INVALID, "entry %lld of %s (line %lld) was not imported: %s",
                              (long long)entry, path, (long long)line, why);
    } else {
        (void)mneme_error_set(&said, MNEME_E_INVALID, "%s was not imported from line %lld on: %s", path,
                              (long long)line, why);
    }
    mneme_cli_say("%s", said.message);
    return cli->json ? put_remark(path, entry, line, "refused", why) : MNEME_EXIT_DONE;
}

enum mneme_exit mneme_cli_import_warned(const struct mneme_cli *cli, const char *path, int64_t entry,
                                        int64_t line, const char *why) {
    mneme_cli_say("entry %lld of %s (line %lld) was imported with a change: %s", (long long)entry, path,
                  (long long)line, why);
    return cli->json ? put_remark(path, entry, line, "warning", why) : MNEME_EXIT_DONE;
}
