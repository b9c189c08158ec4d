/*
 * One libmicrohttpd daemon with a list of answers. The test looks at the last request only after its own
 * client has the answer, so that counters need no lock beyond being atomic. Bodies are copied: the daemon may
 * still be inside its send call when the client, which has all the bytes, frees what it was given.
 */
#include "tests/support/fake_registry.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>

struct mneme_fake_registry {
    struct MHD_Daemon *daemon;
    const struct mneme_fake_answer *answers;
    size_t count;
    atomic_int requests;
    struct mneme_buffer target;
    struct mneme_buffer content_type;
    struct mneme_buffer body;
};

static void keep(struct mneme_buffer *buffer, const char *text) {
    mneme_buffer_clear(buffer);
    mneme_buffer_append_str(buffer, mneme_str_from(text == NULL ? "" : text));
    mneme_buffer_append_byte(buffer, '\0');
}

static enum MHD_Result answer(struct mneme_fake_registry *registry, struct MHD_Connection *connection) {
    size_t index = (size_t)atomic_fetch_add(&registry->requests, 1);
    const struct mneme_fake_answer *given =
        &registry->answers[index < registry->count ? index : registry->count - 1];
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(given->body), (void *)given->body, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_YES;
    if (given->location != NULL) {
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, given->location);
    }
    if (result == MHD_YES) {
        result = MHD_queue_response(connection, given->status, response);
    }
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data, size_t *data_len,
                              void **state) {
    struct mneme_fake_registry *registry = context;
    (void)version;
    if (*state == NULL) { /* headers only; the body comes with later calls */
        *state = registry;
        mneme_buffer_clear(&registry->target);
        mneme_buffer_printf(&registry->target, "%s %s", method, url);
        mneme_buffer_append_byte(&registry->target, '\0');
        keep(&registry->content_type,
             MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type"));
        mneme_buffer_clear(&registry->body);
        return MHD_YES;
    }
    if (*data_len > 0) {
        mneme_buffer_append(&registry->body, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    }
    mneme_buffer_append_byte(&registry->body, '\0');
    return answer(registry, connection);
}

struct mneme_fake_registry *mneme_fake_registry_start(int port, const struct mneme_fake_answer *answers,
                                                      size_t count) {
    struct mneme_fake_registry *registry = calloc(1, sizeof *registry);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (registry == NULL) {
        return NULL;
    }
    registry->answers = answers;
    registry->count = count;
    registry->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, (uint16_t)port, NULL, NULL, handle,
                                        registry, MHD_OPTION_SOCK_ADDR, &address,
                                        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_END);
    if (registry->daemon == NULL) {
        free(registry);
        return NULL;
    }
    return registry;
}

void mneme_fake_registry_stop(struct mneme_fake_registry *registry) {
    MHD_stop_daemon(registry->daemon);
    mneme_buffer_clean_up(&registry->target);
    mneme_buffer_clean_up(&registry->content_type);
    mneme_buffer_clean_up(&registry->body);
    free(registry);
}

int mneme_fake_registry_port(const struct mneme_fake_registry *registry) {
    return MHD_get_daemon_info(registry->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

int mneme_fake_registry_requests(struct mneme_fake_registry *registry) {
    return atomic_load(&registry->requests);
}

const char *mneme_fake_registry_target(const struct mneme_fake_registry *registry) {
    return registry->target.data;
}

const char *mneme_fake_registry_content_type(const struct mneme_fake_registry *registry) {
    return registry->content_type.data;
}

const char *mneme_fake_registry_body(const struct mneme_fake_registry *registry) {
    return registry->body.data;
}
