/*
 * Following the chain row by row. A row that does not follow from the one before is judged by what would make
 * it follow: the row before changed or inserted, or rows removed between; else it is a suspect itself.
 */
#include "consumers/postgres/ledger/audit.h"

#include <stdlib.h>

#include "consumers/postgres/fold/suspects.h"
#include "consumers/postgres/ledger/audit_store.h"
#include "consumers/postgres/ledger/ledger_row.h"

#define COPY_HEADER_BYTES ((size_t)19) /* signature, flags, length of the extension, which is 0 */

const char *const mneme_break_names[MNEME_BREAK_KINDS] = {
    [MNEME_BREAK_CHANGED] = "changed",
    [MNEME_BREAK_REMOVED] = "removed",
    [MNEME_BREAK_INSERTED] = "inserted",
    [MNEME_BREAK_SWAPPED] = "swapped",
};

static const char *const reasons[MNEME_BREAK_KINDS] = {
    [MNEME_BREAK_CHANGED] = "its hash is not that of the row before and its own fields",
    [MNEME_BREAK_REMOVED] = "the next row's hash continues from rows that are missing",
    [MNEME_BREAK_INSERTED] = "the next row's hash continues as if the row were not there",
    [MNEME_BREAK_SWAPPED] = "the rows would be right in each other's place",
};

/* The state of the check in a partition. */
struct link {
    int32_t partition;
    int64_t begin;                               /* the offset that the chain begins at or behind */
    int64_t rows, sequence_id, offset;           /* of the last row; before the first: begin - 1 */
    uint8_t hash[MNEME_LEDGER_HASH_BYTES];       /* as stored in the row */
    uint8_t computed[MNEME_LEDGER_HASH_BYTES];   /* as computed */
    uint8_t before[MNEME_LEDGER_HASH_BYTES];     /* of the row before it */
    uint8_t before_run[MNEME_LEDGER_HASH_BYTES]; /* of the last row that followed */
    size_t run;                                  /* rows since then that did not */
    struct mneme_fold_suspects suspects;
    size_t next_base;
};

struct verifier {
    const struct mneme_audit *audit;
    struct mneme_audit_result *result;
    struct mneme_audit_store store;
    struct link *links;
    size_t link_count;
    uint16_t places[MNEME_MAX_PARTITIONS]; /* of their links, from 1; 0: none */
    struct mneme_break *breaks;
    size_t break_count, break_capacity;
    size_t next_head;
    int64_t messages;
    EVP_MD_CTX *context;
    EVP_MD *sha256;
    bool has_failed; /* memory or OpenSSL */
};

static bool same_hash(const uint8_t *a, const uint8_t *b) {
    return memcmp(a, b, MNEME_LEDGER_HASH_BYTES) == 0;
}

static void note(struct verifier *verifier, struct mneme_break found) {
    if (verifier->break_count == verifier->break_capacity) {
        size_t capacity = verifier->break_capacity == 0 ? 64 : verifier->break_capacity * 2;
        struct mneme_break *breaks = realloc(verifier->breaks, capacity * sizeof *breaks);
        if (breaks == NULL) {
            verifier->has_failed = true;
            return;
        }
        verifier->breaks = breaks;
        verifier->break_capacity = capacity;
    }
    verifier->breaks[verifier->break_count++] = found;
}

static void note_at(struct verifier *verifier, enum mneme_break_kind kind, int32_t partition, int64_t first,
                    int64_t last, const char *reason) {
    note(verifier, (struct mneme_break){kind, {partition, first}, last, -1, reason});
}

static bool follows(struct verifier *verifier, const uint8_t previous[MNEME_LEDGER_HASH_BYTES],
                    const struct mneme_ledger_read *row, uint8_t computed[MNEME_LEDGER_HASH_BYTES]) {
    verifier->has_failed |=
        !mneme_ledger_hash(computed, verifier->context, verifier->sha256, previous, row->fields);
    return same_hash(computed, row->hash);
}

static struct link *link_of(struct verifier *verifier, int32_t partition) {
    bool is_usual = partition >= 0 && partition < MNEME_MAX_PARTITIONS;
    if (is_usual && verifier->places[partition] > 0) {
        return &verifier->links[verifier->places[partition] - 1];
    }
    for (size_t i = 0; i < verifier->link_count && !is_usual; i++) {
        if (verifier->links[i].partition == partition) {
            return &verifier->links[i];
        }
    }
    struct link *links = realloc(verifier->links, (verifier->link_count + 1) * sizeof *links);
    if (links == NULL) {
        verifier->has_failed = true;
        return NULL;
    }
    verifier->links = links;
    const struct mneme_audit_begin *begin = mneme_audit_begin_of(&verifier->store, partition);
    int64_t first = begin == NULL ? 0 : begin->offset;
    links[verifier->link_count] =
        (struct link){.partition = partition, .begin = first, .sequence_id = -1, .offset = first - 1};
    if (is_usual) {
        verifier->places[partition] = (uint16_t)(verifier->link_count + 1);
    }
    return &links[verifier->link_count++];
}

static bool is_parked(const struct verifier *verifier, int32_t partition, int64_t offset) {
    return mneme_audit_is_parked(&verifier->store, (struct mneme_position){partition, offset});
}

/* Offsets between the link and `offset` that are not parked: the first and the last of them. */
static bool find_gap(const struct verifier *verifier, const struct link *link, int64_t offset, int64_t *first,
                     int64_t *last) {
    *first = link->offset + 1;
    *last = offset - 1;
    while (*first < offset && is_parked(verifier, link->partition, *first)) {
        ++*first;
    }
    while (*last > *first && is_parked(verifier, link->partition, *last)) {
        --*last;
    }
    return *first < offset;
}

/* The detached rows between the link and the offset stand in for themselves. */
static void cross_bases(struct verifier *verifier, struct link *link, int64_t offset) {
    for (; link->next_base < verifier->store.base_count; link->next_base++) {
        const struct mneme_audit_base *base = &verifier->store.bases[link->next_base];
        if (base->partition != link->partition) {
            continue;
        }
        if (base->first_offset > offset) {
            return;
        }
        int64_t first;
        int64_t last;
        if (!same_hash(base->previous_hash, link->hash)) {
            bool is_gap = find_gap(verifier, link, base->first_offset, &first, &last);
            note_at(verifier, is_gap ? MNEME_BREAK_REMOVED : MNEME_BREAK_CHANGED, link->partition,
                    is_gap ? first : link->offset, is_gap ? last : link->offset,
                    "a detached month continues from another row");
        }
        link->offset = base->last_offset;
        link->sequence_id = mneme_sequence_id((struct mneme_position){link->partition, base->last_offset});
        link->run = 0;
        memcpy(link->before, link->hash, sizeof link->before);
        memcpy(link->hash, base->hash, sizeof link->hash);
        memcpy(link->computed, base->hash, sizeof link->computed);
        verifier->result->detached_rows += base->row_count;
    }
}

/* The last `count` suspects were inserted. */
static void mark_inserted(struct link *link, size_t count) {
    for (size_t i = 0; i < count && i < link->suspects.count; i++) {
        link->suspects.items[link->suspects.count - 1 - i].kind = MNEME_BREAK_INSERTED;
    }
}

static void add_unverified(struct verifier *verifier, struct link *link,
                           const struct mneme_ledger_read *row) {
    bool is_full;
    struct mneme_fold_suspect_item *add_unverified = mneme_fold_suspects_add(&link->suspects, row, &is_full);
    if (add_unverified != NULL) {
        memcpy(add_unverified->previous, link->hash, sizeof add_unverified->previous);
        add_unverified->previous_offset = link->offset;
    } else if (is_full) {
        note_at(verifier, MNEME_BREAK_CHANGED, link->partition, row->offset, row->offset,
                reasons[MNEME_BREAK_CHANGED]);
    } else {
        verifier->has_failed = true;
    }
}

/* Explains why a row does not follow, if the reason is the rows before it. */
static bool explain(struct verifier *verifier, struct link *link, const struct mneme_ledger_read *row) {
    uint8_t hash[MNEME_LEDGER_HASH_BYTES];
    int64_t first;
    int64_t last;
    if (link->run > 0 && follows(verifier, link->computed, row, hash)) {
        return true; /* only the hash of the row before was changed, and that row is a suspect already */
    }
    if (link->run > 1 && follows(verifier, link->before_run, row, hash)) {
        mark_inserted(link, link->run);
        return true;
    }
    if (link->rows > 0 && follows(verifier, link->before, row, hash)) {
        if (link->run > 0) {
            mark_inserted(link, 1);
        } else {
            note_at(verifier, MNEME_BREAK_INSERTED, link->partition, link->offset, link->offset,
                    reasons[MNEME_BREAK_INSERTED]);
        }
        return true;
    }
    if (find_gap(verifier, link, row->offset, &first, &last)) {
        note_at(verifier, MNEME_BREAK_REMOVED, link->partition, first, last, reasons[MNEME_BREAK_REMOVED]);
        return true;
    }
    return false;
}

static void check_head(struct verifier *verifier, const struct mneme_ledger_head *head,
                       const uint8_t hash[MNEME_LEDGER_HASH_BYTES]) {
    int64_t offset = head->sequence_id / MNEME_MAX_PARTITIONS;
    if (hash == NULL) {
        note_at(verifier, MNEME_BREAK_REMOVED, head->partition, offset, offset,
                "the row of an exported head is missing");
    } else if (!same_hash(hash, head->hash)) {
        note_at(verifier, MNEME_BREAK_CHANGED, head->partition, offset, offset,
                "the chain was made again: an exported head has another hash");
    } else {
        verifier->result->heads++;
    }
}

/* The caller's heads up to the row (NULL: all that are left). */
static void check_heads(struct verifier *verifier, const struct mneme_ledger_read *row) {
    const struct mneme_audit *audit = verifier->audit;
    for (; verifier->next_head < audit->head_count; verifier->next_head++) {
        const struct mneme_ledger_head *head = &audit->heads[verifier->next_head];
        if (row != NULL && head->sequence_id > row->sequence_id) {
            return;
        }
        if (audit->partition >= 0 && head->partition != audit->partition) {
            continue;
        }
        const struct mneme_audit_base *base = mneme_audit_base_of(&verifier->store, head);
        const struct mneme_audit_begin *begin = mneme_audit_begin_of(&verifier->store, head->partition);
        if (begin != NULL && head->sequence_id <= begin->head_sequence) {
            verifier->result->former_heads++;
        } else if (row != NULL && head->sequence_id == row->sequence_id) {
            check_head(verifier, head, row->hash);
        } else if (base == NULL) {
            check_head(verifier, head, NULL);
        } else if (head->sequence_id / MNEME_MAX_PARTITIONS == base->last_offset) {
            check_head(verifier, head, base->hash);
        } else {
            verifier->result->detached_heads++;
        }
    }
}

static void take_row(struct verifier *verifier, const struct mneme_ledger_read *row) {
    struct link *link = link_of(verifier, row->partition);
    if (link == NULL) {
        return;
    }
    cross_bases(verifier, link, row->offset);
    uint8_t computed[MNEME_LEDGER_HASH_BYTES];
    bool is_next = follows(verifier, link->hash, row, computed);
    int64_t first;
    int64_t last;
    if (is_next && row->offset > link->offset + 1 && find_gap(verifier, link, row->offset, &first, &last)) {
        note_at(verifier, MNEME_BREAK_REMOVED, link->partition, first, last,
                "the log's events at these offsets are neither here nor parked");
    }
    if (!is_next && link->run == 0) {
        memcpy(link->before_run, link->hash, sizeof link->before_run);
    }
    if (is_next || explain(verifier, link, row)) {
        link->run = 0;
    } else {
        add_unverified(verifier, link, row);
        link->run++;
    }
    memcpy(link->before, link->hash, sizeof link->before);
    memcpy(link->hash, row->hash, sizeof link->hash);
    memcpy(link->computed, computed, sizeof link->computed);
    link->offset = row->offset;
    link->sequence_id = row->sequence_id;
    link->rows++;
    check_heads(verifier, row);
}

/* Compares with the recorded end of the chain. */
static void check_end(struct verifier *verifier, const struct link *link,
                      const struct mneme_ledger_head *head) {
    int64_t offset = head == NULL ? link->begin - 1 : head->sequence_id / MNEME_MAX_PARTITIONS;
    if (head == NULL || link->offset > offset) {
        note_at(verifier, MNEME_BREAK_INSERTED, link->partition, offset + 1, link->offset,
                "by ledger_heads the chain ends before these rows");
    } else if (link->offset < offset) {
        note_at(verifier, MNEME_BREAK_REMOVED, link->partition, link->offset + 1, offset,
                "by ledger_heads the chain ends after these rows");
    } else if (!same_hash(head->hash, link->hash) && link->run == 0) {
        note_at(verifier, MNEME_BREAK_CHANGED, link->partition, offset, offset,
                "the last row's hash is not the one in ledger_heads");
    }
}

static void end_link(struct verifier *verifier, struct link *link) {
    cross_bases(verifier, link, INT64_MAX);
    verifier->has_failed |= !mneme_fold_suspects_judge(&link->suspects, verifier->context, verifier->sha256);
    const struct mneme_ledger_head *head = mneme_audit_head_of(&verifier->store, link->partition);
    for (size_t i = 0; i < link->suspects.count; i++) {
        const struct mneme_fold_suspect_item *item = &link->suspects.items[i];
        bool is_told = item->kind == MNEME_BREAK_SWAPPED && item->other_offset < item->row.offset;
        bool is_behind_end = head == NULL || item->row.sequence_id > head->sequence_id; /* reported below */
        if (!item->is_cleared && !is_told && !is_behind_end) {
            note(verifier, (struct mneme_break){item->kind,
                                                {link->partition, item->row.offset},
                                                item->row.offset,
                                                item->other_offset,
                                                reasons[item->kind]});
        }
    }
    check_end(verifier, link, head);
}

static int compare_breaks(const void *a, const void *b) {
    const struct mneme_break *x = a;
    const struct mneme_break *y = b;
    if (x->first.partition != y->first.partition) {
        return x->first.partition < y->first.partition ? -1 : 1;
    }
    return (x->first.offset > y->first.offset) - (x->first.offset < y->first.offset);
}

/* Neighbours of one kind are one break. */
static void report_breaks(struct verifier *verifier) {
    if (verifier->break_count > 0) {
        qsort(verifier->breaks, verifier->break_count, sizeof *verifier->breaks, compare_breaks);
    }
    for (size_t i = 0; i < verifier->break_count;) {
        struct mneme_break found = verifier->breaks[i++];
        for (; i < verifier->break_count; i++) {
            const struct mneme_break *next = &verifier->breaks[i];
            bool is_same = next->first.partition == found.first.partition && next->kind == found.kind &&
                           next->reason == found.reason && next->other_offset < 0 && found.other_offset < 0 &&
                           next->first.offset <= found.last_offset + 1;
            if (!is_same) {
                break;
            }
            found.last_offset = next->last_offset > found.last_offset ? next->last_offset : found.last_offset;
        }
        verifier->result->breaks++;
        verifier->audit->on_break(verifier->audit->context, &found);
    }
}

static void end_all(struct verifier *verifier) {
    const struct mneme_audit *audit = verifier->audit;
    for (size_t i = 0; i < verifier->store.head_count + verifier->store.base_count; i++) {
        int32_t partition = i < verifier->store.head_count
                                ? verifier->store.heads[i].partition
                                : verifier->store.bases[i - verifier->store.head_count].partition;
        if (audit->partition < 0 || partition == audit->partition) {
            (void)link_of(verifier, partition);
        }
    }
    for (size_t i = 0; i < verifier->link_count; i++) {
        end_link(verifier, &verifier->links[i]);
        verifier->result->rows += verifier->links[i].rows;
    }
    for (size_t i = 0; i < verifier->store.begin_count; i++) {
        verifier->result->lost += verifier->store.begins[i].offset;
    }
    verifier->result->partitions = (int64_t)verifier->link_count;
    check_heads(verifier, NULL);
}

/* One message of the COPY: a row, with the format's header before the first; or the trailer. */
static int take_message(struct verifier *verifier, struct mneme_str message, struct mneme_error *error) {
    struct mneme_ledger_read row;
    if (verifier->messages++ == 0) {
        size_t header = message.len < COPY_HEADER_BYTES ? message.len : COPY_HEADER_BYTES;
        message = (struct mneme_str){message.data + header, message.len - header};
    }
    if (message.len == 0 || (uint8_t)message.data[0] == 0xFF) {
        return MNEME_OK; /* the header alone, or the trailer, a count of -1 */
    }
    if (!mneme_audit_read(&row, message)) {
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "the ledger was not verified: Postgres sent a row of another shape; run "
                               "`mneme migrate --check`");
    }
    take_row(verifier, &row);
    return verifier->has_failed
               ? mneme_error_set(error, MNEME_E_NO_MEMORY, "the ledger was not verified: out of memory")
               : MNEME_OK;
}

static int read_rows(struct verifier *verifier, struct mneme_postgres *postgres, struct mneme_error *error) {
    const struct mneme_audit *audit = verifier->audit;
    char *message = NULL;
    size_t len;
    int status;
    while ((status = mneme_pg_copy_out_next(&message, &len, postgres, error)) == MNEME_OK &&
           message != NULL) {
        status = take_message(verifier, (struct mneme_str){message, len}, error);
        PQfreemem(message);
        if (status == MNEME_OK && verifier->messages % 1024 == 0) {
            audit->on_progress(audit->context, verifier->messages);
            if (audit->is_interrupted(audit->context)) {
                status = mneme_error_set(error, MNEME_E_TIMEOUT, "the ledger was not verified: interrupted");
            }
        }
        if (status != MNEME_OK) {
            return status; /* the caller closes the connection rather than reading to the end */
        }
    }
    return status == MNEME_OK ? mneme_pg_copy_out_end(postgres, error) : status;
}

int mneme_audit_verify(struct mneme_audit_result *result, struct mneme_postgres *postgres,
                       const struct mneme_audit *audit, struct mneme_error *error) {
    struct verifier verifier = {.audit = audit, .result = result};
    *result = (struct mneme_audit_result){0};
    verifier.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    verifier.context = EVP_MD_CTX_new();
    int status = verifier.sha256 == NULL || verifier.context == NULL
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY, "the ledger was not verified: out of memory")
                     : mneme_audit_store_open(&verifier.store, postgres, audit, error);
    if (status == MNEME_OK) {
        status = read_rows(&verifier, postgres, error);
    }
    if (status == MNEME_OK) {
        end_all(&verifier);
        if (verifier.has_failed) {
            status = mneme_error_set(error, MNEME_E_NO_MEMORY, "the ledger was not verified: out of memory");
        } else {
            report_breaks(&verifier);
            status = mneme_pg_run(postgres, "COMMIT", error);
        }
    }
    for (size_t i = 0; i < verifier.link_count; i++) {
        mneme_fold_suspects_clean_up(&verifier.links[i].suspects);
    }
    free(verifier.links);
    free(verifier.breaks);
    mneme_audit_store_clean_up(&verifier.store);
    EVP_MD_CTX_free(verifier.context);
    EVP_MD_free(verifier.sha256);
    return status;
}
