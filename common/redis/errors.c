/*
 * The table of Redis errors: what each means for a retry, for the program and for the person. Longer prefixes
 * come before shorter ones, and the first match counts.
 */
#include "common/redis/errors.h"

#include <stdio.h>
#include <string.h>

#define CHECK_LOGIN "check user and password in REDIS_URL"
#define CHECK_RIGHTS "ask for permission, or name a user in REDIS_URL who has it"
#define CHECK_ROOM "free memory or disk space of Redis, or give it more"
#define CHECK_CLUSTER "check the state of the cluster with CLUSTER INFO"
#define CHECK_SERVER "check that REDIS_URL names a primary server"
#define CHECK_LOG "read the log of Redis"
#define TRY_AGAIN "try again"

struct meaning {
    const char *beginning;
    enum mneme_status status;
    bool is_of_another; /* reconnecting may help */
    const char *advice;
};

static const struct meaning meanings[] = {
    {"ASK ", MNEME_E_UNAVAILABLE, false, TRY_AGAIN},
    {"BUSY ", MNEME_E_UNAVAILABLE, false, "wait for the running script, or end it with SCRIPT KILL"},
    {"CLUSTERDOWN ", MNEME_E_UNAVAILABLE, false, CHECK_CLUSTER},
    {"CROSSSLOT ", MNEME_E_INTERNAL, false, CHECK_LOG},
    {"DENIED ", MNEME_E_DENIED, false,
     "set a password in Redis, or bind it to the address that REDIS_URL names"},
    {"ERR AUTH ", MNEME_E_DENIED, true, CHECK_LOGIN},
    {"ERR Client sent AUTH", MNEME_E_DENIED, true, CHECK_LOGIN},
    {"ERR DB index ", MNEME_E_USAGE, false, "name an existing database in REDIS_URL"},
    {"ERR SELECT is not allowed in cluster mode", MNEME_E_USAGE, false,
     "leave out the database in REDIS_URL, since a cluster has only one"},
    {"ERR The user executing the script can't", MNEME_E_DENIED, false, CHECK_RIGHTS},
    {"ERR invalid password", MNEME_E_DENIED, true, CHECK_LOGIN},
    {"ERR max number of clients", MNEME_E_UNAVAILABLE, true, "raise maxclients of Redis"},
    {"ERR unknown command", MNEME_E_USAGE, false, "use Redis 7 or newer, without renamed commands"},
    {"LOADING ", MNEME_E_UNAVAILABLE, false, "wait until Redis has loaded its data"},
    {"MASTERDOWN ", MNEME_E_UNAVAILABLE, true, CHECK_SERVER},
    {"MISCONF ", MNEME_E_UNAVAILABLE, false, CHECK_ROOM},
    {"MOVED ", MNEME_E_UNAVAILABLE, false, CHECK_CLUSTER},
    {"NOAUTH ", MNEME_E_DENIED, true, CHECK_LOGIN},
    {"NOPERM ", MNEME_E_DENIED, false, CHECK_RIGHTS},
    {"NOREPLICAS ", MNEME_E_UNAVAILABLE, false, "check that enough replicas of Redis run"},
    {"NOSCRIPT ", MNEME_E_UNAVAILABLE, false, TRY_AGAIN},
    {"OOM ", MNEME_E_UNAVAILABLE, false, CHECK_ROOM},
    {"READONLY ", MNEME_E_UNAVAILABLE, true, CHECK_SERVER},
    {"TRYAGAIN ", MNEME_E_UNAVAILABLE, false, TRY_AGAIN},
    {"UNBLOCKED ", MNEME_E_UNAVAILABLE, false, TRY_AGAIN},
    {"WRONGPASS ", MNEME_E_DENIED, true, CHECK_LOGIN},
    {"WRONGTYPE ", MNEME_E_USAGE, false,
     "keep other programs' keys out of MNEME_REDIS_PREFIX, or choose another prefix"},
};

static const struct meaning anything_else = {"", MNEME_E_INTERNAL, false, CHECK_LOG};

static const struct meaning *find_meaning(const char *answer) {
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (strncmp(answer, meanings[i].beginning, strlen(meanings[i].beginning)) == 0) {
            return &meanings[i];
        }
    }
    return &anything_else;
}

int mneme_redis_answer_error(struct mneme_error *error, char code[MNEME_REDIS_CODE_BYTES], const char *place,
                             const char *answer) {
    const struct meaning *meaning = find_meaning(answer);
    snprintf(code, MNEME_REDIS_CODE_BYTES, "%.*s", (int)strcspn(answer, " "), answer);
    return mneme_error_set(error, meaning->status, "Redis at %s refused: %.600s; %s", place, answer,
                           meaning->advice);
}

bool mneme_redis_answer_is_of_another(const char *answer) {
    return find_meaning(answer)->is_of_another;
}
