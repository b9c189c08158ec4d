/*
 * One libmicrohttpd daemon with a list of answers. The test looks at the last request only after its own
 * client has the answer, so that counters need no lock beyond being atomic. Bodies are copied: the daemon may
 * still be inside its send call when the client, which has all the bytes, frees what it was given.
 */
#include "tests/support/fake_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>

struct mneme_fake_server {
    struct MHD_Daemon *daemon;
    const struct mneme_fake_answer *answers;
    size_t count;
    atomic_int requests, connections;
    struct mneme_buffer target;
    struct mneme_buffer content_type, authorization;
    struct mneme_buffer body;
};

static void keep(struct mneme_buffer *buffer, const char *text) {
    mneme_buffer_clear(buffer);
    mneme_buffer_append_str(buffer, mneme_str_from(text == NULL ? "" : text));
    mneme_buffer_append_byte(buffer, '\0');
}

static enum MHD_Result answer(struct mneme_fake_server *server, struct MHD_Connection *connection) {
    size_t index = (size_t)atomic_fetch_add(&server->requests, 1);
    const struct mneme_fake_answer *given =
        &server->answers[index < server->count ? index : server->count - 1];
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(given->body), (void *)given->body, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_YES;
    if (given->location != NULL) {
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, given->location);
    }
    if (result == MHD_YES && given->retry_after != NULL) {
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, given->retry_after);
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
    struct mneme_fake_server *server = context;
    (void)version;
    if (*state == NULL) { /* headers only; the body comes with later calls */
        *state = server;
        mneme_buffer_clear(&server->target);
        mneme_buffer_printf(&server->target, "%s %s", method, url);
        mneme_buffer_append_byte(&server->target, '\0');
        keep(&server->content_type, MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type"));
        keep(&server->authorization,
             MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization"));
        mneme_buffer_clear(&server->body);
        return MHD_YES;
    }
    if (*data_len > 0) {
        mneme_buffer_append(&server->body, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    }
    mneme_buffer_append_byte(&server->body, '\0');
    return answer(server, connection);
}

static void count_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                             enum MHD_ConnectionNotificationCode code) {
    struct mneme_fake_server *server = context;
    (void)connection;
    (void)socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        atomic_fetch_add(&server->connections, 1);
    }
}

struct mneme_fake_server *mneme_fake_server_start(int port, const struct mneme_fake_answer *answers,
                                                  size_t count) {
    struct mneme_fake_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (server == NULL) {
        return NULL;
    }
    server->answers = answers;
    server->count = count;
    server->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, (uint16_t)port, NULL, NULL, handle, server,
                         MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U,
                         MHD_OPTION_NOTIFY_CONNECTION, count_connection, server, MHD_OPTION_END);
    if (server->daemon == NULL) {
        free(server);
        return NULL;
    }
    return server;
}

void mneme_fake_server_stop(struct mneme_fake_server *server) {
    MHD_stop_daemon(server->daemon);
    mneme_buffer_clean_up(&server->target);
    mneme_buffer_clean_up(&server->content_type);
    mneme_buffer_clean_up(&server->authorization);
    mneme_buffer_clean_up(&server->body);
    free(server);
}

int mneme_fake_server_port(const struct mneme_fake_server *server) {
    return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

int mneme_fake_server_requests(struct mneme_fake_server *server) {
    return atomic_load(&server->requests);
}

const char *mneme_fake_server_target(const struct mneme_fake_server *server) {
    return server->target.data;
}

const char *mneme_fake_server_content_type(const struct mneme_fake_server *server) {
    return server->content_type.data;
}

int mneme_fake_server_connections(struct mneme_fake_server *server) {
    return atomic_load(&server->connections);
}

const char *mneme_fake_server_authorization(const struct mneme_fake_server *server) {
    return server->authorization.data;
}

const char *mneme_fake_server_body(const struct mneme_fake_server *server) {
    return server->body.data;
}
