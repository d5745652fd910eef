#include "grammars/registry.h"

#include "grammars/queries.h" /* made by the build from queries/ */

#include <string.h>
#include <strings.h>

extern const TSLanguage *tree_sitter_bash(void);
extern const TSLanguage *tree_sitter_c(void);
extern const TSLanguage *tree_sitter_cpp(void);
extern const TSLanguage *tree_sitter_go(void);
extern const TSLanguage *tree_sitter_java(void);
extern const TSLanguage *tree_sitter_javascript(void);
extern const TSLanguage *tree_sitter_python(void);
extern const TSLanguage *tree_sitter_rust(void);
extern const TSLanguage *tree_sitter_sql(void);
extern const TSLanguage *tree_sitter_tsx(void);
extern const TSLanguage *tree_sitter_typescript(void);

#define LIST(...)                                                                                  \
    (const char *const[]) {                                                                        \
        __VA_ARGS__ __VA_OPT__(, ) NULL                                                            \
    }
#define QUERIES(name)                                                                              \
    {                                                                                              \
        query_##name##_scopes, query_##name##_imports, query_##name##_definitions,                 \
            query_##name##_references                                                              \
    }

const struct grammar grammars[] = {
    {.name = "bash",
     .language_ids = LIST("shellscript", "bash", "sh", "zsh"),
     .extensions = LIST("sh", "bash", "zsh", "ksh", "bats"),
     .file_names = LIST(".bashrc", ".profile", ".bash_profile", ".zshrc", "PKGBUILD"),
     .interpreters = LIST("sh", "bash", "dash", "zsh", "ksh"),
     .line_comment = "#",
     .language = tree_sitter_bash,
     .queries = QUERIES(bash)},
    {.name = "c",
     .language_ids = LIST("c"),
     .extensions = LIST("c", "h"),
     .file_names = LIST(),
     .interpreters = LIST(),
     .line_comment = "//",
     .block_comment = {"/*", "*/"},
     .language = tree_sitter_c,
     .queries = QUERIES(c)},
    {.name = "cpp",
     .language_ids = LIST("cpp", "cuda-cpp"),
     .extensions =
         LIST("cpp", "cc", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ipp", "inl", "cu", "cuh"),
     .file_names = LIST(),
     .interpreters = LIST(),
     .line_comment = "//",
     .block_comment = {"/*", "*/"},
     .language = tree_sitter_cpp,
     .queries = QUERIES(cpp)},
    {.name = "go",
     .language_ids = LIST("go"),
     .extensions = LIST("go"),
     .file_names = LIST(),
     .interpreters = LIST(),
     .line_comment = "//",
     .block_comment = {"/*", "*/"},
     .language = tree_sitter_go,
     .queries = QUERIES(go)},
    {.name = "java",
     .language_ids = LIST("java"),
     .extensions = LIST("java"),
     .file_names = LIST(),
     .interpreters = LIST(),
     .line_comment = "//",
     .block_comment = {"/*", "*/"},
     .language = tree_sitter_java,
     .queries = QUERIES(java)},
    {.name = "javascript",
     .language_ids = LIST("javascript", "javascriptreact"),
     .extensions = LIST("js", "mjs", "cjs", "jsx"),
     .file_names = LIST(),
     .interpreters = LIST("node"),
     .line_comment = "//",
     .block_comment = {"/*", "*/"},
     .language = tree_sitter_javascript,
     .queries = QUERIES(javascript)},
    {.name = "python",
     .language_ids = LIST("python"),
     .extensions = LIST("py", "pyi", "pyw"),
     .file_names = LIST("SConstruct", "SConscript", "wscript"),
     .interpreters = LIST("python", "python2", "python3"),
     .line_comment = "#",
     .language = tree_sitter_python,
     .queries = QUERIES(python)},
    {.name = "rust",
     .language_ids = LIST("rust"),
     .extensions = LIST("rs"),
     .file_names = LIST(),
     .interpreters = LIST(),
     .line_comment = "//",
     .block_comment = {"/*", "*/"},
     .language = tree_sitter_rust,
     .queries = QUERIES(rust)},
    {.name = "sql",
     .language_ids = LIST("sql", "mysql", "pgsql", "plsql", "postgres"),
     .extensions = LIST("sql", "ddl", "dml", "pgsql", "psql"),
     .file_names = LIST(),
     .interpreters = LIST(),
     .line_comment = "--",
     .block_comment = {"/*", "*/"},
     .language = tree_sitter_sql,
     .queries = QUERIES(sql)},
    {.name = "tsx",
     .language_ids = LIST("typescriptreact"),
     .extensions = LIST("tsx"),
     .file_names = LIST(),
     .interpreters = LIST(),
     .line_comment = "//",
     .block_comment = {"/*", "*/"},
     .language = tree_sitter_tsx,
     .queries = QUERIES(typescript)},
    {.name = "typescript",
     .language_ids = LIST("typescript"),
     .extensions = LIST("ts", "mts", "cts"),
     .file_names = LIST(),
     .interpreters = LIST("deno", "ts-node"),
     .line_comment = "//",
     .block_comment = {"/*", "*/"},
     .language = tree_sitter_typescript,
     .queries = QUERIES(typescript)},
};
const size_t grammar_count = sizeof grammars / sizeof *grammars;

static bool list_has(const char *const *list, const char *text, size_t length) {
    for (; *list != NULL; list++)
        if (strlen(*list) == length && strncasecmp(*list, text, length) == 0) return true;
    return false;
}

const struct grammar *grammar_for_language_id(const char *language_id) {
    for (size_t i = 0; i < grammar_count; i++)
        if (list_has(grammars[i].language_ids, language_id, strlen(language_id)))
            return &grammars[i];
    return NULL;
}

/* The program of a "#!/usr/bin/env -S python3.11 -u" line, without its version's digits after the
 * first dot. */
static const struct grammar *for_shebang(const char *line, size_t length) {
    if (line == NULL || length < 3 || line[0] != '#' || line[1] != '!') return NULL;
    const char *end = memchr(line, '\n', length);
    if (end == NULL) end = line + length;
    const char *word = line + 2;
    while (word < end) {
        while (word < end && (*word == ' ' || *word == '\t'))
            word++;
        const char *stop = word;
        while (stop < end && *stop != ' ' && *stop != '\t' && *stop != '\r')
            stop++;
        const char *name = word;
        for (const char *c = word; c < stop; c++)
            if (*c == '/') name = c + 1;
        size_t name_length = (size_t)(stop - name);
        const char *dot = memchr(name, '.', name_length);
        if (dot != NULL) name_length = (size_t)(dot - name);
        bool is_env = name_length == 3 && strncmp(name, "env", 3) == 0;
        if (!is_env && (name_length == 0 || *name != '-')) {
            for (size_t i = 0; i < grammar_count; i++)
                if (list_has(grammars[i].interpreters, name, name_length)) return &grammars[i];
            return NULL;
        }
        if (stop == word) break;
        word = stop;
    }
    return NULL;
}

const struct grammar *grammar_for_path(const char *path, const char *first_line,
                                       size_t first_line_length) {
    const char *name = strrchr(path, '/');
    name = name == NULL ? path : name + 1;
    for (size_t i = 0; i < grammar_count; i++)
        if (list_has(grammars[i].file_names, name, strlen(name))) return &grammars[i];
    const char *dot = strrchr(name, '.');
    if (dot != NULL && dot != name)
        for (size_t i = 0; i < grammar_count; i++)
            if (list_has(grammars[i].extensions, dot + 1, strlen(dot + 1))) return &grammars[i];
    return for_shebang(first_line, first_line_length);
}
