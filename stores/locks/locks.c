/*
 * Redlock with tokens.
 *
 * Why tokens grow: a token counts only when a majority has stored it in its counters while it held the lock
 * for the caller. The majorities of any two holders have a server in common; there the later holder found the
 * earlier one's token. Each script proposes more than the stored counter. What a server forgets in a restart
 * is overtaken by its clock, since no proposal is below it.
 */
#include "stores/locks/locks.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/percent.h"
#include "common/base/text_check.h"
#include "common/base/uuid.h"
#include "stores/locks/open.h"
#include "stores/locks/scripts.h"
#include "stores/locks/servers.h"

#define FIRST_RETRY_MS 10
#define RESERVED "/:{}"              /* has a meaning in keys */
#define MAX_TOKEN (INT64_C(1) << 53) /* exact in Lua; the clock reaches it in the year 2255 */

struct mneme_locks {
    struct mneme_lock_servers servers;
    struct mneme_buffer prefix;
    char tenant[MNEME_LOCK_NAME_BYTES];
    int64_t ttl_ms, wait_ms, retry_ms;
};

/* The words of a lock for the scripts; each script uses the first ones that it needs. */
struct call {
    struct mneme_buffer keys;
    char ttl[24], token[24];
    struct mneme_str words[6]; /* "2", the lock, its counter, value, lease, token */
};
#define WORDS_TO_RELEASE 4
#define WORDS_TO_ACQUIRE 5
#define WORDS_TO_EXTEND 6

/* --- opening --- */

static int copy_text(char out[MNEME_LOCK_NAME_BYTES], struct mneme_str text, const char *what,
                     struct mneme_error *error) {
    if (text.len == 0 || text.len >= MNEME_LOCK_NAME_BYTES || mneme_has_control(text) ||
        !mneme_utf8_check(text, NULL, &(const char *){NULL}, &(size_t){0})) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot use the lock: its %s is not valid; give 1 to %d bytes of UTF-8 "
                               "without control characters",
                               what, MNEME_LOCK_NAME_BYTES - 1);
    }
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return MNEME_OK;
}

int mneme_locks_open_with(struct mneme_locks **out, const struct mneme_config *config,
                          struct mneme_error *error) {
    *out = NULL;
    struct mneme_locks *locks = calloc(1, sizeof *locks);
    if (locks == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot open the servers of locks: out of memory; free some memory");
    }
    locks->ttl_ms = mneme_config_long(config, MNEME_SETTING_LOCK_TTL_MS);
    locks->wait_ms = mneme_config_long(config, MNEME_SETTING_LOCK_WAIT_MS);
    locks->retry_ms = mneme_config_long(config, MNEME_SETTING_LOCK_RETRY_MS);
    mneme_buffer_append_str(&locks->prefix,
                            mneme_str_from(mneme_config_string(config, MNEME_SETTING_REDIS_PREFIX)));
    int status = copy_text(locks->tenant, mneme_str_from(mneme_config_string(config, MNEME_SETTING_TENANT)),
                           "tenant", error);
    if (status == MNEME_OK) {
        status = mneme_lock_servers_init(&locks->servers, config, error);
    }
    if (status != MNEME_OK) {
        mneme_locks_close(locks);
        return status;
    }
    *out = locks;
    return MNEME_OK;
}

void mneme_locks_close(struct mneme_locks *locks) {
    if (locks != NULL) {
        mneme_lock_servers_clean_up(&locks->servers);
        mneme_buffer_clean_up(&locks->prefix);
        free(locks);
    }
}

/* --- a request to all servers --- */

/* Both keys of a lock have the same hash tag, so that they are on one node if a server is a cluster. */
static void put_key(struct call *call, const struct mneme_locks *locks, const struct mneme_lock *lock) {
    mneme_buffer_append_str(&call->keys, mneme_buffer_str(&locks->prefix));
    mneme_buffer_append_str(&call->keys, MNEME_STR_LIT("lock:{"));
    mneme_percent_encode(&call->keys, mneme_str_from(lock->tenant), RESERVED);
    mneme_buffer_append_byte(&call->keys, '/');
    mneme_percent_encode(&call->keys, mneme_str_from(lock->name), RESERVED);
    mneme_buffer_append_byte(&call->keys, '}');
}

/* The words point into the call and the lock. */
static int call_init(struct call *call, const struct mneme_locks *locks, const struct mneme_lock *lock,
                     int64_t ttl_ms, struct mneme_error *error) {
    *call = (struct call){0};
    put_key(call, locks, lock);
    size_t len = call->keys.len;
    put_key(call, locks, lock);
    mneme_buffer_append_str(&call->keys, MNEME_STR_LIT(":token"));
    if (call->keys.failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot use the lock '%s': out of memory; free some memory", lock->name);
    }
    (void)snprintf(call->ttl, sizeof call->ttl, "%lld", (long long)ttl_ms);
    (void)snprintf(call->token, sizeof call->token, "%lld", (long long)lock->token);
    call->words[0] = MNEME_STR_LIT("2");
    call->words[1] = (struct mneme_str){call->keys.data, len};
    call->words[2] = (struct mneme_str){call->keys.data + len, call->keys.len - len};
    call->words[3] = mneme_str_from(lock->value);
    call->words[4] = mneme_str_from(call->ttl);
    call->words[5] = mneme_str_from(call->token);
    return MNEME_OK;
}

static void call_clean_up(struct call *call) {
    mneme_buffer_clean_up(&call->keys);
}

/* The result of the votes; `done` is the requested action, such as "acquired". `why` is the error of a silent
 * server. */
static int conclude(const struct mneme_lock *lock, const char *done, const struct mneme_lock_tally *tally,
                    const struct mneme_error *why, struct mneme_error *error) {
    enum mneme_status status = mneme_lock_verdict(tally);
    if (status == MNEME_E_UNAVAILABLE) {
        /* A server that refuses will refuse again, so its error is returned to the caller. */
        return mneme_error_set(error, why->code == MNEME_OK ? status : why->code,
                               "the lock '%s' was not %s: the caller has it on %zu of %zu servers, %zu are "
                               "needed, and %zu did not answer (%s); check that they are running",
                               lock->name, done, tally->ours, tally->servers,
                               mneme_lock_majority(tally->servers), tally->silent, why->message);
    }
    if (status == MNEME_E_CONFLICT && tally->left_ms >= 0) {
        return mneme_error_set(error, status,
                               "the lock '%s' was not %s: somebody else has it for another %lld ms, unless "
                               "they extend it; try again then",
                               lock->name, done, (long long)tally->left_ms);
    }
    if (status == MNEME_E_CONFLICT) {
        return mneme_error_set(
            error, status,
            "the lock '%s' was not %s: somebody else has it, and it never expires; find out who has it",
            lock->name, done);
    }
    if (status == MNEME_E_NOT_FOUND) {
        return mneme_error_set(error, status,
                               "the lock '%s' was not %s: its lease has run out; acquire it again",
                               lock->name, done);
    }
    return status;
}

/* Ends a call that has got its majority: sets the lease. */
static int begin_lease(struct mneme_lock *lock, int64_t asked_at, int64_t ttl_ms, struct mneme_error *error) {
    lock->valid_until = mneme_lock_valid_until(asked_at, ttl_ms);
    if (mneme_lock_left_ms(lock) > 0) {
        return MNEME_OK;
    }
    return mneme_error_set(
        error, MNEME_E_UNAVAILABLE,
        "the lock '%s' is not held: the servers took longer than the lease of %lld ms; give a longer lease",
        lock->name, (long long)ttl_ms);
}

/* --- acquiring --- */

/* Stores the token on servers where the lock was acquired with a lower one. */
static int note_token(struct mneme_locks *locks, struct call *call, const struct mneme_lock *lock,
                      struct mneme_lock_vote *votes, struct mneme_error *error) {
    struct mneme_error why = {0};
    (void)snprintf(call->token, sizeof call->token, "%lld", (long long)lock->token);
    call->words[5] = mneme_str_from(call->token);
    for (size_t i = 0; i < locks->servers.count; i++) {
        if (votes[i].answer == MNEME_LOCK_OURS && votes[i].token < lock->token) {
            votes[i].answer = MNEME_LOCK_UNASKED;
        }
    }
    (void)mneme_lock_servers_ask(votes, &locks->servers, &mneme_locks_script_extend, call->words,
                                 WORDS_TO_EXTEND, &why);
    struct mneme_lock_tally tally = mneme_lock_count(votes, locks->servers.count);
    return conclude(lock, "acquired", &tally, &why, error);
}

/* Releases the lock wherever the caller may have it; on servers that do not answer, it ends with the lease.
 */
static void give_up(struct mneme_locks *locks, struct call *call) {
    struct mneme_lock_vote votes[MNEME_LOCK_MAX_SERVERS] = {0};
    (void)mneme_lock_servers_ask(votes, &locks->servers, &mneme_locks_script_release, call->words,
                                 WORDS_TO_RELEASE, NULL);
}

static int try_once(struct mneme_lock *lock, struct mneme_locks *locks, struct call *call, int64_t ttl_ms,
                    struct mneme_error *error) {
    struct mneme_lock_vote votes[MNEME_LOCK_MAX_SERVERS] = {0};
    struct mneme_error why = {0};
    int64_t asked_at = mneme_clock_boot_micros();
    (void)mneme_lock_servers_ask(votes, &locks->servers, &mneme_locks_script_acquire, call->words,
                                 WORDS_TO_ACQUIRE, &why);
    struct mneme_lock_tally tally = mneme_lock_count(votes, locks->servers.count);
    int status = conclude(lock, "acquired", &tally, &why, error);
    if (status == MNEME_OK && tally.token >= MAX_TOKEN) {
        status =
            mneme_error_set(error, MNEME_E_INTERNAL,
                            "the lock '%s' was not acquired: a server's counter or clock is beyond the year "
                            "2255; set its clock, and the key %.*s to a lower number",
                            lock->name, MNEME_STR_ARG(call->words[2]));
    }
    if (status == MNEME_OK) {
        lock->token = tally.token;
        status = note_token(locks, call, lock, votes, error);
    }
    if (status == MNEME_OK) {
        status = begin_lease(lock, asked_at, ttl_ms, error);
    }
    if (status != MNEME_OK) {
        give_up(locks, call);
    }
    return status;
}

/* Each try has its own value, so that a late packet of an earlier try cannot acquire the lock for this one.
 */
static int try_again(struct mneme_lock *lock, struct mneme_locks *locks, int64_t ttl_ms,
                     struct mneme_error *error) {
    struct mneme_uuid id;
    struct call call = {0};
    int status = mneme_uuid_v7(&id, error);
    if (status == MNEME_OK) {
        mneme_uuid_format(id, lock->value);
        lock->value[MNEME_UUID_TEXT_BYTES] = '\0';
        status = call_init(&call, locks, lock, ttl_ms, error);
    }
    if (status == MNEME_OK) {
        status = try_once(lock, locks, &call, ttl_ms, error);
    }
    call_clean_up(&call);
    return status;
}

static int check_ttl(int64_t ttl_ms, struct mneme_error *error) {
    if (ttl_ms >= MNEME_LOCK_MIN_TTL_MS && ttl_ms <= MNEME_LOCK_MAX_TTL_MS) {
        return MNEME_OK;
    }
    return mneme_error_set(error, MNEME_E_USAGE,
                           "cannot use the lock: a lease of %lld ms is out of range; give %d to %lld ms",
                           (long long)ttl_ms, MNEME_LOCK_MIN_TTL_MS, (long long)MNEME_LOCK_MAX_TTL_MS);
}

static int lock_init(struct mneme_lock *lock, const struct mneme_locks *locks, struct mneme_str name,
                     const char *tenant, struct mneme_error *error) {
    *lock = (struct mneme_lock){0};
    int status =
        copy_text(lock->tenant, mneme_str_from(tenant == NULL ? locks->tenant : tenant), "tenant", error);
    return status == MNEME_OK ? copy_text(lock->name, name, "name", error) : status;
}

int mneme_lock_acquire(struct mneme_lock *out, struct mneme_locks *locks, struct mneme_str name,
                       const struct mneme_lock_options *options, struct mneme_error *error) {
    static const struct mneme_lock_options none;
    options = options == NULL ? &none : options;
    int64_t ttl_ms = options->ttl_ms.is_set ? options->ttl_ms.value : locks->ttl_ms;
    int64_t wait_ms = options->wait_ms.is_set ? options->wait_ms.value : locks->wait_ms;
    int64_t deadline = mneme_clock_monotonic_micros() + wait_ms * 1000;
    struct mneme_backoff backoff;
    struct mneme_lock lock;
    int status = lock_init(&lock, locks, name, options->tenant, error);
    if (status == MNEME_OK) {
        status = check_ttl(ttl_ms, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    mneme_backoff_init(&backoff, FIRST_RETRY_MS, locks->retry_ms);
    for (;;) {
        status = try_again(&lock, locks, ttl_ms, error);
        int64_t left = deadline - mneme_clock_monotonic_micros();
        if ((status != MNEME_E_CONFLICT && status != MNEME_E_UNAVAILABLE) || left <= 0 ||
            mneme_cancel_is_due(options->cancel)) {
            break;
        }
        int64_t pause = mneme_backoff_next_ms(&backoff) * 1000;
        mneme_clock_pause(pause < left ? pause : left);
    }
    if (status == MNEME_OK) {
        *out = lock;
    }
    return status;
}

/* --- held locks --- */

int mneme_lock_extend(struct mneme_lock *lock, struct mneme_locks *locks, int64_t ttl_ms,
                      struct mneme_error *error) {
    struct mneme_lock_vote votes[MNEME_LOCK_MAX_SERVERS] = {0};
    struct mneme_error why = {0};
    struct call call = {0};
    ttl_ms = ttl_ms == 0 ? locks->ttl_ms : ttl_ms;
    int status = check_ttl(ttl_ms, error);
    if (status == MNEME_OK) {
        status = call_init(&call, locks, lock, ttl_ms, error);
    }
    if (status == MNEME_OK) {
        int64_t asked_at = mneme_clock_boot_micros();
        (void)mneme_lock_servers_ask(votes, &locks->servers, &mneme_locks_script_extend, call.words,
                                     WORDS_TO_EXTEND, &why);
        struct mneme_lock_tally tally = mneme_lock_count(votes, locks->servers.count);
        status = conclude(lock, "extended", &tally, &why, error);
        /* Only after a majority had it all the time: a lease that ran out must not be revived. */
        for (size_t i = 0; status == MNEME_OK && i < locks->servers.count; i++) {
            votes[i].answer = votes[i].answer == MNEME_LOCK_FREE ? MNEME_LOCK_UNASKED : votes[i].answer;
        }
        if (status == MNEME_OK && tally.free > 0) {
            (void)mneme_lock_servers_ask(votes, &locks->servers, &mneme_locks_script_acquire, call.words,
                                         WORDS_TO_ACQUIRE, NULL);
        }
        status = status == MNEME_OK ? begin_lease(lock, asked_at, ttl_ms, error) : status;
    }
    call_clean_up(&call);
    return status;
}

int mneme_lock_release(struct mneme_lock *lock, struct mneme_locks *locks, struct mneme_error *error) {
    struct mneme_lock_vote votes[MNEME_LOCK_MAX_SERVERS] = {0};
    struct mneme_error why = {0};
    struct call call;
    int status = call_init(&call, locks, lock, 0, error);
    if (status == MNEME_OK) {
        (void)mneme_lock_servers_ask(votes, &locks->servers, &mneme_locks_script_release, call.words,
                                     WORDS_TO_RELEASE, &why);
        struct mneme_lock_tally tally = mneme_lock_count(votes, locks->servers.count);
        status = conclude(lock, "released", &tally, &why, error);
        lock->valid_until = 0;
    }
    call_clean_up(&call);
    return status;
}

int64_t mneme_lock_left_ms(const struct mneme_lock *lock) {
    int64_t left = lock->valid_until - mneme_clock_boot_micros();
    return left > 0 ? left / 1000 : 0;
}

int mneme_lock_resume(struct mneme_lock *out, const struct mneme_locks *locks, struct mneme_str name,
                      const char *tenant, struct mneme_str value, struct mneme_error *error) {
    struct mneme_lock lock;
    int status = lock_init(&lock, locks, name, tenant, error);
    if (status == MNEME_OK && (value.len == 0 || value.len >= sizeof lock.value)) {
        status = mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot use the lock '%s': its value is not valid; give the value that acquiring it returned",
            lock.name);
    }
    if (status == MNEME_OK) {
        memcpy(lock.value, value.data, value.len);
        *out = lock;
    }
    return status;
}
