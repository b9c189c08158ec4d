/*
 * The pages that Prometheus and Kubernetes request from a worker, served by libmicrohttpd with one thread.
 * The socket is opened here, so that a port in use is reported as such.
 */
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/metrics/metrics.h"

#define CONNECTION_LIMIT 32U
#define CONNECTION_TIMEOUT_SECONDS 10U
#define BACKLOG 16

struct mneme_metrics_server {
    struct MHD_Daemon *daemon;
    struct mneme_metrics *metrics; /* borrowed */
    bool (*is_ready)(void *context);
    void *context;
};

/* Each page appends its text and returns the HTTP status. */
static unsigned show_metrics(struct mneme_metrics_server *server, struct mneme_buffer *out) {
    mneme_metrics_render(server->metrics, out);
    return MHD_HTTP_OK;
}

static unsigned show_health(struct mneme_metrics_server *server, struct mneme_buffer *out) {
    (void)server;
    mneme_buffer_printf(out, "ok\n");
    return MHD_HTTP_OK;
}

static unsigned show_readiness(struct mneme_metrics_server *server, struct mneme_buffer *out) {
    bool is_ready = server->is_ready == NULL || server->is_ready(server->context);
    mneme_buffer_printf(out, is_ready ? "ready\n" : "not ready\n");
    return is_ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static const struct {
    const char *path;
    const char *content_type;
    unsigned (*show)(struct mneme_metrics_server *server, struct mneme_buffer *out);
} pages[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", show_metrics},
    {"/healthz", "text/plain; charset=utf-8", show_health},
    {"/readyz", "text/plain; charset=utf-8", show_readiness},
};

/* Sends `body` and takes its memory. */
static enum MHD_Result send_page(struct MHD_Connection *connection, unsigned status, const char *content_type,
                                 struct mneme_buffer *body) {
    if (body->failed) {
        mneme_buffer_clean_up(body);
        return MHD_NO; /* closes the connection */
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        mneme_buffer_clean_up(body);
        return MHD_NO;
    }
    enum MHD_Result result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    if (result == MHD_YES && status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    if (result == MHD_YES) {
        result = MHD_queue_response(connection, status, response);
    }
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status, const char *text) {
    struct mneme_buffer body = {0};
    mneme_buffer_printf(&body, "%s\n", text);
    return send_page(connection, status, "text/plain; charset=utf-8", &body);
}

/* libmicrohttpd calls this when the head of a request has arrived, and again when all of it has. */
static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **request_state) {
    (void)version;
    (void)upload_data;
    struct mneme_metrics_server *server = context;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD");
    }
    if (*request_state == NULL || *upload_data_size > 0) {
        *request_state = server;
        *upload_data_size = 0;
        return MHD_YES;
    }
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(path, pages[i].path) == 0) {
            struct mneme_buffer body = {0};
            unsigned status = pages[i].show(server, &body);
            return send_page(connection, status, pages[i].content_type, &body);
        }
    }
    return send_text(connection, MHD_HTTP_NOT_FOUND, "use /metrics, /healthz or /readyz");
}

static int bind_to(const struct addrinfo *address) {
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
    if (fd < 0) {
        return -1;
    }
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int saved_errno = errno;
        close(fd);
        errno = saved_errno;
        return -1;
    }
    return fd;
}

static int bound_port_of(int fd) {
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char port[NI_MAXSERV];
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0 ||
        getnameinfo((struct sockaddr *)&address, len, NULL, 0, port, sizeof port, NI_NUMERICSERV) != 0) {
        return 0;
    }
    return (int)strtol(port, NULL, 10);
}

static int open_socket(int *out, const char *host, int port, struct mneme_error *error) {
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *addresses = NULL;
    int code = getaddrinfo(host, service, &hints, &addresses);
    if (code != 0) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot serve metrics on %s: %s; check MNEME_METRICS_HOST", host,
                               gai_strerror(code));
    }
    int fd = -1;
    for (const struct addrinfo *address = addresses; address != NULL && fd < 0; address = address->ai_next) {
        fd = bind_to(address);
    }
    int saved_errno = errno;
    freeaddrinfo(addresses);
    if (fd < 0) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot serve metrics on %s:%d: %s; choose another MNEME_METRICS_PORT", host,
                               port, strerror(saved_errno));
    }
    *out = fd;
    return MNEME_OK;
}

/* Signals go to the thread that waits for them: the server's thread inherits a mask that blocks all signals.
 */
static struct MHD_Daemon *start_daemon(struct mneme_metrics_server *server, int fd) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return NULL;
    }
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, answer, server,
                         MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTION_LIMIT,
                         MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_SECONDS, MHD_OPTION_END);
    if (pthread_sigmask(SIG_SETMASK, &before, NULL) != 0 && daemon != NULL) {
        MHD_stop_daemon(daemon);
        return NULL;
    }
    return daemon;
}

int mneme_metrics_server_start(struct mneme_metrics_server **out, struct mneme_metrics *metrics,
                               const char *host, int port, bool (*is_ready)(void *context), void *context,
                               int *bound_port, struct mneme_error *error) {
    struct mneme_metrics_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot serve metrics: out of memory; free some memory");
    }
    server->metrics = metrics;
    server->is_ready = is_ready;
    server->context = context;
    int fd = -1;
    int status = open_socket(&fd, host, port, error);
    if (status != MNEME_OK) {
        free(server);
        return status;
    }
    *bound_port = bound_port_of(fd);
    server->daemon = start_daemon(server, fd);
    if (server->daemon == NULL) {
        close(fd);
        free(server);
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "cannot serve metrics on %s:%d: the HTTP server did not start; check the "
                               "limits of threads and open files",
                               host, port);
    }
    *out = server;
    return MNEME_OK;
}

void mneme_metrics_server_stop(struct mneme_metrics_server *server) {
    if (server == NULL) {
        return;
    }
    MHD_stop_daemon(server->daemon);
    free(server);
}
