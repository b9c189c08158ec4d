/*
 * Locks for programs. A lease has its own connections to the servers, so that each thread may hold one.
 */
#include <stdlib.h>

#include "library/handles.h"
#include "stores/locks/open.h"

struct mneme_lease {
    struct mneme_locks *servers;
    struct mneme_lock lock; /* zeros before it was acquired */
    char *name, *tenant;    /* tenant: NULL, as the settings say */
};

static bool copy_text(char **out, const char *text) {
    *out = text == NULL ? NULL : strdup(text);
    return text == NULL || *out != NULL;
}

int mneme_lease_new(struct mneme_lease **out, struct mneme *mneme, const char *name, const char *tenant,
                    struct mneme_error *error) {
    struct mneme_lease *lease = calloc(1, sizeof *lease);
    *out = NULL;
    int status =
        lease != NULL && copy_text(&lease->name, name) && copy_text(&lease->tenant, tenant)
            ? mneme_locks_open_with(&lease->servers, mneme->config, error)
            : mneme_error_set(error, MNEME_E_NO_MEMORY, "no lease was made: memory is exhausted; free some");
    if (status != MNEME_OK) {
        mneme_lease_free(lease);
        return status;
    }
    *out = lease;
    return MNEME_OK;
}

void mneme_lease_free(struct mneme_lease *lease) {
    if (lease != NULL) {
        mneme_locks_close(lease->servers);
        free(lease->name);
        free(lease->tenant);
        free(lease);
    }
}

int mneme_lease_acquire(struct mneme_lease *lease, int64_t ttl_ms, int64_t wait_ms,
                        struct mneme_error *error) {
    const struct mneme_lock_options options = {
        .tenant = lease->tenant, .ttl_ms = {ttl_ms, ttl_ms != 0}, .wait_ms = {wait_ms, wait_ms >= 0}};
    return mneme_lock_acquire(&lease->lock, lease->servers, mneme_str_from(lease->name), &options, error);
}

/* A lock that was never acquired cannot be extended or released. */
static int check_acquired(const struct mneme_lease *lease, const char *what, struct mneme_error *error) {
    return lease->lock.value[0] != '\0'
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_USAGE,
                                 "the lock '%s' was not %s: it was not acquired; acquire it first",
                                 lease->name, what);
}

int mneme_lease_extend(struct mneme_lease *lease, int64_t ttl_ms, struct mneme_error *error) {
    int status = check_acquired(lease, "extended", error);
    return status == MNEME_OK ? mneme_lock_extend(&lease->lock, lease->servers, ttl_ms, error) : status;
}

int mneme_lease_release(struct mneme_lease *lease, struct mneme_error *error) {
    int status = check_acquired(lease, "released", error);
    return status == MNEME_OK ? mneme_lock_release(&lease->lock, lease->servers, error) : status;
}

int64_t mneme_lease_token(const struct mneme_lease *lease) {
    return lease->lock.token;
}

int64_t mneme_lease_left_ms(const struct mneme_lease *lease) {
    return mneme_lock_left_ms(&lease->lock);
}

const char *mneme_lease_value(const struct mneme_lease *lease) {
    return lease->lock.value;
}

int mneme_lease_resume(struct mneme_lease *lease, const char *value, struct mneme_error *error) {
    return mneme_lock_resume(&lease->lock, lease->servers, mneme_str_from(lease->name), lease->tenant,
                             mneme_str_from(value), error);
}
