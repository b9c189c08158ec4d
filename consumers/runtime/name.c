/*
 * Handles a worker with a name (--id) that the group reports as taken by another member. That happens with
 * two workers of one name, and also with a single one: after an outage of the brokers, a client asks to join
 * a second time, and the group then refuses its first request. The client can never go on, so it is replaced.
 * Time shows whether the member with the name is alive: a member left behind by a request sends no heartbeat,
 * so the group forgets it after its session time-out; one that stays is another worker.
 */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/runtime/worker_state.h"

#define LOOK_TIMEOUT_MS 2000

/* A member is forgotten this much later than its time-out, at the latest. */
#define LATE_MICROS INT64_C(3000000)

/* The group has settled: while it settles, no member's time-out runs. */
#define SETTLED "Stable"

struct holder {
    bool is_there;
    bool is_settled; /* the group is */
    char host[128];
};

void mneme_worker_lose_name(struct mneme_worker *worker) {
    struct mneme_error reason = {0};
    struct mneme_error error = {0};
    mneme_error_set(&reason, MNEME_E_CONFLICT, "the group says that another member has taken the name \"%s\"",
                    worker->options->instance_id);
    mneme_worker_release(worker);
    worker->phase = MNEME_PHASE_NAMELESS;
    worker->name.is_lost = false;
    worker->name.since_micros = 0;
    mneme_worker_disconnect(worker);
    if (mneme_worker_connect(worker, &error) != MNEME_OK) {
        mneme_worker_fail(worker, &error);
        return;
    }
    worker->name.wait.is_active = false; /* each one is logged */
    mneme_worker_wait_begin(&worker->name.wait, "worker looks for who has its name", &reason);
}

/* Members of static membership are called by their name and a random UUID. */
static bool has_name(const struct rd_kafka_group_member_info *member, const char *name) {
    size_t len = strlen(name);
    return member->member_id != NULL && strncmp(member->member_id, name, len) == 0 &&
           member->member_id[len] == '-' &&
           strlen(member->member_id) == len + sizeof "-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" - 1;
}

static int find_holder(struct holder *holder, struct mneme_worker *worker, struct mneme_error *error) {
    const struct rd_kafka_group_list *list = NULL;
    *holder = (struct holder){0};
    rd_kafka_resp_err_t code = rd_kafka_list_groups(worker->kafka, worker->group, &list, LOOK_TIMEOUT_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (list != NULL) {
            rd_kafka_group_list_destroy(list);
        }
        /* Also if only a part of the brokers was asked. */
        return mneme_kafka_error(error, "cannot ask who works in consumer group", worker->group,
                                 code == RD_KAFKA_RESP_ERR__PARTIAL ? RD_KAFKA_RESP_ERR__TIMED_OUT : code,
                                 NULL);
    }
    for (int i = 0; i < list->group_cnt; i++) {
        const struct rd_kafka_group_info *group = &list->groups[i];
        for (int k = 0; strcmp(group->group, worker->group) == 0 && k < group->member_cnt; k++) {
            if (has_name(&group->members[k], worker->options->instance_id)) {
                holder->is_there = true;
                holder->is_settled = strcmp(group->state, SETTLED) == 0;
                (void)snprintf(holder->host, sizeof holder->host, "%s", group->members[k].client_host);
            }
        }
    }
    rd_kafka_group_list_destroy(list);
    return MNEME_OK;
}

/* Ends the worker when the holder has stayed longer than a member without heartbeats can. */
static void judge(struct mneme_worker *worker, const struct holder *holder) {
    int64_t session_micros = mneme_config_long(worker->config, MNEME_SETTING_SESSION_TIMEOUT_MS) * 1000;
    int64_t now = mneme_clock_monotonic_micros();
    struct mneme_error error = {0};
    if (!holder->is_settled || worker->name.since_micros == 0) {
        worker->name.since_micros = holder->is_settled ? now : 0;
    }
    if (!holder->is_settled || now - worker->name.since_micros <= session_micros + LATE_MICROS) {
        mneme_error_set(&error, MNEME_E_CONFLICT, "a member at %s has the name", holder->host);
        mneme_worker_wait_begin(&worker->name.wait, "worker waits for its name", &error);
        return;
    }
    mneme_error_set(&error, MNEME_E_CONFLICT,
                    "cannot go on working as \"%s\": another worker of group %s, at %s, has taken this name "
                    "and keeps it; give each worker a different --id",
                    worker->options->instance_id, worker->group, holder->host);
    mneme_worker_fail(worker, &error);
}

void mneme_worker_regain_name(struct mneme_worker *worker) {
    struct mneme_error error = {0};
    struct holder holder;
    int status = find_holder(&holder, worker, &error);
    if (status == MNEME_E_UNAVAILABLE || status == MNEME_E_TIMEOUT) {
        worker->name.since_micros = 0; /* the group's clock may stand still too */
        mneme_worker_wait_begin(&worker->name.wait, "worker cannot ask for its name yet", &error);
        return;
    }
    if (status == MNEME_OK && holder.is_there) {
        judge(worker, &holder);
        return;
    }
    if (status == MNEME_OK) {
        status = mneme_worker_subscribe(worker, &error);
    }
    if (status != MNEME_OK) {
        mneme_worker_fail(worker, &error);
        return;
    }
    mneme_worker_wait_end(&worker->name.wait, "worker joins the group again");
    worker->phase = MNEME_PHASE_JOINING;
}
