/* aerie eval: infilling accuracy over files of cases, through the same path as the server.
 *
 * A case is one line of JSON: {"id", "language", "prefix", "suffix", "middle", "bracket_only"}. */
#include "lsp/cmd/command.h"
#include "lsp/cmd/eval_score.h"
#include "lsp/cmd/open_engine.h"
#include "lsp/cmd/progress.h"
#include "lsp/complete/completion.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is counted ------------------------------------------------------------------------- */

struct tally {
    char name[32]; /* a language, "" for all */
    unsigned cases, offered, exact;
    unsigned nontrivial, nontrivial_exact; /* of the cases that are more than brackets */
    unsigned parse_errors, repeats;        /* answers that add an error; that repeat what follows */
    double similarity;                     /* sum */
};

enum { MAX_LANGUAGES = 32 };

struct evaluation {
    struct engine *engine;
    bool raw;
    unsigned limit; /* cases of one file, 0 = all */
    struct common_options common;
    struct tally all, languages[MAX_LANGUAGES];
    size_t n_languages;
    double *ms; /* [n_ms] of each completion */
    size_t n_ms, capacity;
    struct completion_result last; /* of the case at hand; insert_text copied */
};

static struct tally *tally_of(struct evaluation *self, const char *language) {
    for (size_t i = 0; i < self->n_languages; i++)
        if (strcmp(self->languages[i].name, language) == 0) return &self->languages[i];
    if (self->n_languages == MAX_LANGUAGES) return NULL;
    struct tally *tally = &self->languages[self->n_languages++];
    snprintf(tally->name, sizeof tally->name, "%s", language);
    return tally;
}

static bool record_ms(struct evaluation *self, double ms, struct error *err) {
    if (self->n_ms == self->capacity) {
        size_t capacity = self->capacity == 0 ? 1024 : 2 * self->capacity;
        double *grown = realloc(self->ms, capacity * sizeof *grown);
        if (grown == NULL) return error_set(err, ERROR_MEMORY, "no memory for the timings");
        self->ms = grown;
        self->capacity = capacity;
    }
    self->ms[self->n_ms++] = ms;
    return true;
}

/* ---- one case -------------------------------------------------------------------------------- */

struct eval_case {
    const char *id, *language;
    struct text_view prefix, suffix, middle;
    bool bracket_only;
};

static bool text_of(json_t *object, const char *key, struct text_view *out) {
    json_t *value = json_object_get(object, key);
    *out = (struct text_view){json_string_value(value), json_string_length(value)};
    return json_is_string(value);
}

static bool read_case(json_t *object, struct eval_case *out) {
    out->id = json_string_value(json_object_get(object, "id"));
    out->language = json_string_value(json_object_get(object, "language"));
    out->bracket_only = json_is_true(json_object_get(object, "bracket_only"));
    return out->language != NULL && text_of(object, "prefix", &out->prefix) &&
           text_of(object, "suffix", &out->suffix) && text_of(object, "middle", &out->middle);
}

static void on_done(void *user, struct completion_result *result) {
    struct evaluation *self = user;
    self->last = *result;
    result->insert_text = NULL; /* taken over */
}

static void count(struct tally *tally, const struct eval_case *one, struct text_view answer,
                  unsigned added_errors) {
    struct text_view said = score_first_line(answer.bytes, answer.length);
    struct text_view truth = score_first_line(one->middle.bytes, one->middle.length);
    bool exact = said.length == truth.length && memcmp(said.bytes, truth.bytes, truth.length) == 0;
    tally->cases++;
    tally->offered += answer.length > 0;
    tally->exact += exact;
    tally->nontrivial += !one->bracket_only;
    tally->nontrivial_exact += !one->bracket_only && exact;
    tally->similarity += score_edit_similarity(said, truth);
    tally->parse_errors += answer.length > 0 && added_errors > 0;
    tally->repeats +=
        score_repeats_suffix(answer.bytes, answer.length, one->suffix.bytes, one->suffix.length);
}

/* False where the engine failed: figures without that case would say nothing. */
static bool evaluate(struct evaluation *self, const struct eval_case *one, struct error *err) {
    size_t length = one->prefix.length + one->suffix.length;
    char *text = malloc(length + 1);
    if (text == NULL) return error_set(err, ERROR_MEMORY, "no memory for a case");
    memcpy(text, one->prefix.bytes, one->prefix.length);
    memcpy(text + one->prefix.length, one->suffix.bytes, one->suffix.length);
    struct completion_input input = {
        .path = "",
        .language_id = one->language,
        .text = text,
        .text_length = length,
        .offset = one->prefix.length,
        .max_tokens = self->common.max_tokens,
        .sampling = {.temperature = self->common.temperature,
                     .top_k = self->common.top_k,
                     .top_p = self->common.top_p,
                     .seed = self->common.seed},
        .raw = self->raw,
    };
    self->last = (struct completion_result){0};
    struct completion *completion = completion_start(self->engine, &input, on_done, self, err);
    if (completion == NULL) {
        free(text);
        return false;
    }
    completion_wait(completion);
    completion_release(completion);
    free(text);

    struct completion_result *result = &self->last;
    bool ok = record_ms(self, result->total_ms, err);
    if (result->error.code != ERROR_NONE)
        ok = error_set(err, result->error.code, "case %s: %s", one->id ? one->id : "?",
                       result->error.message);
    const char *said = result->insert_text == NULL ? "" : result->insert_text;
    struct text_view answer = {said, result->insert_text == NULL ? 0 : result->insert_length};
    if (ok) {
        /* What the text would look like had the answer been taken: the replaced part goes. */
        struct text_view before = one->prefix, after = one->suffix;
        if (answer.length > 0) {
            if (result->replace_start < before.length) before.length = result->replace_start;
            size_t gone = result->replace_end > one->prefix.length
                              ? result->replace_end - one->prefix.length
                              : 0;
            after.bytes += gone;
            after.length -= gone;
        }
        unsigned errors = score_parse_errors(one->language, before, answer, after);
        unsigned truth = score_parse_errors(one->language, one->prefix, one->middle, one->suffix);
        unsigned added = errors > truth ? errors - truth : 0;
        struct tally *tally = tally_of(self, one->language);
        if (tally != NULL) count(tally, one, answer, added);
        count(&self->all, one, answer, added);
    }
    free(result->insert_text);
    result->insert_text = NULL;
    return ok;
}

/* ---- the files ------------------------------------------------------------------------------- */

static bool evaluate_file(struct evaluation *self, const char *path, unsigned done, unsigned total,
                          struct error *err) {
    FILE *file = fopen(path, "r");
    if (file == NULL) return error_set_errno(err, ERROR_IO, errno, "cannot open %s", path);
    bool ok = true;
    for (unsigned n = 0; ok && (self->limit == 0 || n < self->limit); n++) {
        json_error_t json_error;
        json_t *object = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &json_error);
        if (object == NULL) {
            /* jansson says "end of file" of trailing blanks, too. */
            if (json_error_code(&json_error) != json_error_premature_end_of_input || !feof(file))
                ok = error_set(err, ERROR_FORMAT, "%s: case %u is not JSON: %s", path, n + 1,
                               json_error.text);
            break;
        }
        struct eval_case one;
        if (!read_case(object, &one))
            ok = error_set(err, ERROR_FORMAT,
                           "%s: case %u needs language, prefix, suffix and middle", path, n + 1);
        else
            ok = evaluate(self, &one, err);
        json_decref(object);
        if (ok)
            progress_show("%u of %u cases, %.1f %% exact", done + n + 1, total,
                          100.0 * self->all.exact / self->all.cases);
    }
    fclose(file);
    return ok;
}

static unsigned count_cases(const struct evaluation *self, const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0; /* evaluate_file says so */
    unsigned lines = 0;
    for (int c; (c = getc(file)) != EOF;)
        lines += c == '\n';
    fclose(file);
    return self->limit > 0 && lines > self->limit ? self->limit : lines;
}

/* ---- the report ------------------------------------------------------------------------------ */

static double share(double part, unsigned whole) {
    return whole == 0 ? 0 : part / whole;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(const struct evaluation *self, double p) {
    return self->n_ms == 0 ? 0 : self->ms[(size_t)(p * (double)(self->n_ms - 1) + 0.5)];
}

static json_t *tally_json(const struct tally *tally) {
    return json_pack("{s:i, s:f, s:f, s:f, s:f, s:f, s:f}", "cases", (int)tally->cases,
                     "exactMatch", share(tally->exact, tally->cases), "exactMatchNonTrivial",
                     share(tally->nontrivial_exact, tally->nontrivial), "editSimilarity",
                     share(tally->similarity, tally->cases), "parseError",
                     share(tally->parse_errors, tally->offered), "repeatsSuffix",
                     share(tally->repeats, tally->offered), "offered",
                     share(tally->offered, tally->cases));
}

static void print_json(const struct evaluation *self, const struct engine_info *info) {
    json_t *report = tally_json(&self->all), *languages = json_object();
    for (size_t i = 0; i < self->n_languages; i++)
        json_object_set_new(languages, self->languages[i].name, tally_json(&self->languages[i]));
    json_object_set_new(report, "model", json_string(info->model_name));
    json_object_set_new(report, "backend", json_string(info->backend));
    json_object_set_new(report, "raw", json_boolean(self->raw));
    json_object_set_new(
        report, "ms",
        json_pack("{s:f, s:f}", "p50", percentile(self, 0.5), "p95", percentile(self, 0.95)));
    json_object_set_new(report, "languages", languages);
    json_dumpf(report, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(report);
}

static void print_row(const char *name, const struct tally *tally) {
    printf("%-12s %6u %8.1f %12.1f %10.1f %8.1f %11.1f %8.1f\n", name, tally->cases,
           100 * share(tally->exact, tally->cases),
           100 * share(tally->nontrivial_exact, tally->nontrivial),
           100 * share(tally->similarity, tally->cases), 100 * share(tally->offered, tally->cases),
           100 * share(tally->parse_errors, tally->offered),
           100 * share(tally->repeats, tally->offered));
}

static void print_table(const struct evaluation *self, const struct engine_info *info) {
    printf("%s on %s%s; p50 %.0f ms, p95 %.0f ms\n", info->model_name, info->backend,
           self->raw ? ", untrimmed" : "", percentile(self, 0.5), percentile(self, 0.95));
    printf("%-12s %6s %8s %12s %10s %8s %11s %8s\n", "", "cases", "exact %", "nontrivial %",
           "similar %", "offer %", "breaks %", "repeat %");
    for (size_t i = 0; i < self->n_languages; i++)
        print_row(self->languages[i].name, &self->languages[i]);
    print_row("all", &self->all);
}

/* ---- the command ----------------------------------------------------------------------------- */

int command_eval(int argc, char **argv) {
    struct evaluation self = {0};
    const char *limit = NULL;
    const struct command_option options[] = {
        {"raw", NULL, "the model's own text, untrimmed", &self.raw},
        {"limit", "N", "only the first N cases of each file", &limit},
    };
    const struct command_usage usage = {
        .usage = "aerie eval [OPTION]... CASES.jsonl...",
        .description =
            "Measures how often the text offered is the one that stood there, by its first line:\n"
            "exact matches, also without the cases that are brackets only; edit similarity; the\n"
            "share of answers after which the text parses with more errors than with the true\n"
            "one, and that repeat the following line.",
        .common = COMMON_MODEL | COMMON_ENGINE | COMMON_SAMPLE | COMMON_JSON,
        .options = options,
        .n_options = sizeof options / sizeof *options,
        .min_operands = 1,
        .max_operands = -1,
    };
    char **files;
    int n_files;
    switch (options_parse(&usage, argc, argv, &self.common, &files, &n_files)) {
    case OPTIONS_HELP:
        return EXIT_OK;
    case OPTIONS_BAD:
        return EXIT_USAGE;
    case OPTIONS_RUN:
        break;
    }
    struct error err = ERROR_INIT;
    if (limit != NULL) {
        char *end;
        unsigned long value = strtoul(limit, &end, 10);
        if (*limit < '0' || *limit > '9' || *end != '\0' || value > 1u << 30) {
            error_set(&err, ERROR_ARGUMENT, "--limit: '%s' is not a number of cases", limit);
            return command_failed(&err);
        }
        self.limit = (unsigned)value;
    }
    bool ok = false;
    self.engine = open_engine(&self.common, progress_load, &err);
    if (self.engine == NULL) goto done;
    unsigned total = 0, done = 0;
    for (int i = 0; i < n_files; i++)
        total += count_cases(&self, files[i]);
    for (int i = 0; i < n_files; i++) {
        if (!evaluate_file(&self, files[i], done, total, &err)) goto done;
        done = self.all.cases;
    }
    progress_clear();
    if (self.n_ms > 0) qsort(self.ms, self.n_ms, sizeof *self.ms, by_value);
    if (self.common.json)
        print_json(&self, engine_info(self.engine));
    else
        print_table(&self, engine_info(self.engine));
    ok = true;
done:
    progress_clear();
    engine_close(self.engine);
    free(self.ms);
    return ok ? EXIT_OK : command_failed(&err);
}
