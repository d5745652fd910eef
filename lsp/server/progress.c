#include "lsp/server/progress.h"

#include <stdio.h>

static void send(struct progress *self, json_t *value) {
    connection_notify(self->connection, "$/progress",
                      json_pack("{s:s, s:o}", "token", self->token, "value", value));
}

/* The client made the bar, or will not. */
static void on_created(void *user, json_t *result, json_t *error) {
    struct progress *self = user;
    if (result == NULL || error != NULL) self->wanted = false;
    if (!self->wanted || self->begun) return;
    self->begun = true;
    send(self, json_pack("{s:s, s:s, s:s, s:i, s:b}", "kind", "begin", "title", self->title,
                         "message", self->text, "percentage", self->percent, "cancellable", 0));
}

void progress_begin(struct progress *self, struct connection *connection, const char *title,
                    const char *text) {
    if (self->wanted) progress_end(self, NULL);
    self->connection = connection;
    self->wanted = true;
    self->begun = false;
    self->percent = 0;
    snprintf(self->title, sizeof self->title, "%s", title);
    snprintf(self->text, sizeof self->text, "%s", text);
    snprintf(self->token, sizeof self->token, "aerie-%u", ++self->serial);
    connection_request(connection, "window/workDoneProgress/create",
                       json_pack("{s:s}", "token", self->token), on_created, self);
}

void progress_report(struct progress *self, float fraction) {
    int percent = fraction >= 1 ? 100 : fraction > 0 ? (int)(fraction * 100) : 0;
    if (!self->wanted || percent <= self->percent) return; /* a bar never goes back */
    self->percent = percent;
    if (self->begun) send(self, json_pack("{s:s, s:i}", "kind", "report", "percentage", percent));
}

void progress_end(struct progress *self, const char *text) {
    if (self->wanted && self->begun)
        send(self, json_pack("{s:s, s:s*}", "kind", "end", "message", text));
    self->wanted = self->begun = false;
}
