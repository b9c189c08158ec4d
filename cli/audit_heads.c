/*
 * mneme audit heads: the ends of the chain, to be stored where nobody who can write the ledger can write.
 */
#include "cli/audit.h"
#include "common/base/text_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "common/base/clock.h"
#include "common/base/position.h"
#include "common/json/read.h"
#include "common/json/write.h"

#define HEX_BYTES (2 * (size_t)MNEME_LEDGER_HASH_BYTES)

static struct mneme_position position_of(const struct mneme_ledger_head *head) {
    return (struct mneme_position){head->partition, head->sequence_id / MNEME_MAX_PARTITIONS};
}

static void put_hex(char text[HEX_BYTES], const uint8_t hash[MNEME_LEDGER_HASH_BYTES]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < MNEME_LEDGER_HASH_BYTES; i++) {
        text[2 * i] = digits[hash[i] >> 4];
        text[2 * i + 1] = digits[hash[i] & 0x0F];
    }
}

static void write_head(struct mneme_buffer *line, const struct mneme_ledger_head *head, bool is_json) {
    char hex[HEX_BYTES];
    put_hex(hex, head->hash);
    if (!is_json) {
        mneme_buffer_printf(line, "%d:%lld %.*s", (int)head->partition, (long long)position_of(head).offset,
                            (int)sizeof hex, hex);
        return;
    }
    struct mneme_json_writer json = {.out = line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("position"));
    mneme_json_position(&json, position_of(head));
    mneme_json_key(&json, MNEME_STR_LIT("sequence_id"));
    mneme_json_long(&json, head->sequence_id);
    mneme_json_key(&json, MNEME_STR_LIT("hash"));
    mneme_json_string(&json, (struct mneme_str){hex, sizeof hex});
    mneme_json_end_object(&json);
}

void mneme_cli_put_loss(const struct mneme_audit_loss *loss, bool is_json) {
    char when[MNEME_RFC3339_BYTES];
    mneme_clock_format_rfc3339(loss->accepted_at, when);
    if (!is_json) {
        printf("%d:%lld to %d:%lld  lost: the log no longer had them on %s, which %.*s accepted; the chain "
               "begins after them\n",
               (int)loss->partition, (long long)loss->first_offset, (int)loss->partition,
               (long long)loss->last_offset, when, MNEME_STR_ARG(loss->accepted_by));
        return;
    }
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("lost"));
    mneme_json_position(&json, (struct mneme_position){loss->partition, loss->first_offset});
    mneme_json_key(&json, MNEME_STR_LIT("last"));
    mneme_json_position(&json, (struct mneme_position){loss->partition, loss->last_offset});
    mneme_json_key(&json, MNEME_STR_LIT("accepted_at"));
    mneme_json_string(&json, mneme_str_from(when));
    mneme_json_key(&json, MNEME_STR_LIT("accepted_by"));
    mneme_json_string(&json, loss->accepted_by);
    mneme_json_end_object(&json);
    (void)mneme_cli_put_line(&line); /* a lost line changes nothing about the ledger */
    mneme_buffer_clean_up(&line);
}

/* To stderr: stdout is a file of heads. */
static void warn_of_loss(void *context, const struct mneme_audit_loss *loss) {
    (void)context;
    fprintf(stderr,
            "mneme: the chain of partition %d begins after offset %lld: the log had lost the events up to "
            "it, which %.*s accepted\n",
            (int)loss->partition, (long long)loss->last_offset, MNEME_STR_ARG(loss->accepted_by));
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct mneme_ledger_head *heads = NULL;
    struct mneme_buffer line = {0};
    size_t count = 0;
    int status = mneme_session_open(&postgres, cli, &error);
    if (status == MNEME_OK) {
        status = mneme_audit_heads(&heads, &count, postgres, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_audit_losses(postgres, warn_of_loss, NULL, &error);
    }
    mneme_pg_close(postgres);
    enum mneme_exit code = status == MNEME_OK ? MNEME_EXIT_DONE : mneme_cli_fail(cli, &error);
    for (size_t i = 0; i < count && code == MNEME_EXIT_DONE; i++) {
        write_head(&line, &heads[i], cli->json);
        code = mneme_cli_put_line(&line);
    }
    mneme_buffer_clean_up(&line);
    free(heads);
    return code;
}

const struct mneme_command mneme_command_audit_heads = {
    .name = "heads",
    .summary = "Print the hash of the last row of each partition.",
    .arguments = "",
    .details =
        "A head stands for all rows before it. Somebody with write access to the database can compute a new\n"
        "chain, but cannot make it end in a hash that was stored elsewhere: see `mneme audit verify "
        "--heads`.",
    .examples = "  mneme audit heads --json >heads-$(date +%F).json\n",
    .common = MNEME_CLI_AT_LEAST,
    .run = run,
};

/* --- reading them back --- */

static bool read_hex(uint8_t hash[MNEME_LEDGER_HASH_BYTES], struct mneme_str text) {
    if (text.len != HEX_BYTES) {
        return false;
    }
    for (size_t i = 0; i < HEX_BYTES; i++) {
        char lower = (char)(text.data[i] | 0x20);
        bool is_letter = lower >= 'a' && lower <= 'f';
        if (!is_letter && (text.data[i] < '0' || text.data[i] > '9')) {
            return false;
        }
        int digit = is_letter ? lower - 'a' + 10 : text.data[i] - '0';
        hash[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : hash[i / 2] | digit);
    }
    return true;
}

static bool take_parts(struct mneme_ledger_head *head, struct mneme_str position, struct mneme_str hash) {
    struct mneme_position at;
    if (!mneme_position_parse(&at, position) || !read_hex(head->hash, hash)) {
        return false;
    }
    head->partition = at.partition;
    head->sequence_id = mneme_sequence_id(at);
    return true;
}

static struct mneme_str inside_quotes(struct mneme_str quoted) {
    return (struct mneme_str){quoted.data + 1, quoted.len - 2};
}

static bool read_json(struct mneme_ledger_head *head, struct mneme_str line) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    if (!mneme_json_check(line, &kind, &reason, &at) || kind != MNEME_JSON_OBJECT) {
        return false;
    }
    struct mneme_str position = MNEME_STR_NULL;
    struct mneme_str hash = MNEME_STR_NULL;
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(line));
    while (mneme_json_next(&reader, &key, &value)) {
        if (mneme_json_kind_of(value) != MNEME_JSON_STRING) {
            continue;
        }
        if (mneme_json_unquotes_to(key, MNEME_STR_LIT("position"))) {
            position = inside_quotes(value);
        } else if (mneme_json_unquotes_to(key, MNEME_STR_LIT("hash"))) {
            hash = inside_quotes(value);
        }
    }
    return position.data != NULL && hash.data != NULL && take_parts(head, position, hash);
}

static bool read_line(struct mneme_ledger_head *head, struct mneme_str line) {
    if (line.data[0] == '{') {
        return read_json(head, line);
    }
    const char *space = memchr(line.data, ' ', line.len);
    if (space == NULL) {
        return false;
    }
    size_t len = (size_t)(space - line.data);
    return take_parts(head, (struct mneme_str){line.data, len},
                      (struct mneme_str){space + 1, line.len - len - 1});
}

static int compare_heads(const void *a, const void *b) {
    const struct mneme_ledger_head *x = a;
    const struct mneme_ledger_head *y = b;
    return (x->sequence_id > y->sequence_id) - (x->sequence_id < y->sequence_id);
}

static int read_file(struct mneme_ledger_head **heads, size_t *count, FILE *file, const char *path,
                     struct mneme_error *error) {
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    int64_t number = 0;
    int status = MNEME_OK;
    while (status == MNEME_OK && (len = getline(&text, &room, file)) > 0) {
        number++;
        struct mneme_str whole = {text, (size_t)len};
        struct mneme_str line = mneme_json_trim(number == 1 ? mneme_without_mark(whole) : whole);
        if (line.len == 0) {
            continue;
        }
        struct mneme_ledger_head *grown = realloc(*heads, (*count + 1) * sizeof *grown);
        if (grown == NULL) {
            status = mneme_error_set(error, MNEME_E_NO_MEMORY, "%s was not read: out of memory", path);
            break;
        }
        *heads = grown;
        if (read_line(&grown[*count], line)) {
            ++*count;
        } else {
            status =
                mneme_error_set(error, MNEME_E_USAGE,
                                "%s was not read: line %lld is not a head; give what `mneme audit heads` "
                                "printed",
                                path, (long long)number);
        }
    }
    free(text);
    return status;
}

int mneme_cli_read_heads(struct mneme_ledger_head **heads, size_t *count, const char *path,
                         struct mneme_error *error) {
    *heads = NULL;
    *count = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return mneme_error_set(error, MNEME_E_USAGE, "%s was not read: %s; name a file of heads", path,
                               strerror(errno));
    }
    int status = read_file(heads, count, file, path, error);
    fclose(file);
    if (status == MNEME_OK && *count == 0) {
        status = mneme_error_set(
            error, MNEME_E_USAGE,
            "%s was not used: it contains no heads; give what `mneme audit heads` printed", path);
    }
    if (status == MNEME_OK) {
        qsort(*heads, *count, sizeof **heads, compare_heads);
    }
    return status;
}
