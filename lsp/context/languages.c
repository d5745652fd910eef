#include "lsp/context/languages.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const struct language table[] = {
    {"c", "", ".c .h", "// ", ""},
    {"cpp", "c++ cc", ".cpp .cc .cxx .c++ .hpp .hh .hxx .h++ .ipp .cu .cuh", "// ", ""},
    {"java", "", ".java", "// ", ""},
    {"javascript", "js", ".js .mjs .cjs", "// ", ""},
    {"javascriptreact", "jsx", ".jsx", "// ", ""},
    {"python", "py", ".py .pyi .pyw", "# ", ""},
    {"shellscript", "shell bash sh zsh", ".sh .bash .zsh .ksh .bashrc .profile", "# ", ""},
    {"sql", "mysql plsql", ".sql", "-- ", ""},
    {"typescript", "ts", ".ts .mts .cts", "// ", ""},
    {"typescriptreact", "tsx", ".tsx", "// ", ""},
    {"rust", "rs", ".rs", "// ", ""},
    {"go", "golang", ".go", "// ", ""},
    {"cmake", "", ".cmake CMakeLists.txt", "# ", ""},
    {"makefile", "make", ".mk Makefile GNUmakefile", "# ", ""},
    {"dockerfile", "", "Dockerfile", "# ", ""},
    {"yaml", "yml", ".yaml .yml", "# ", ""},
    {"toml", "", ".toml", "# ", ""},
    {"lua", "", ".lua", "-- ", ""},
    {"html", "", ".html .htm", "<!-- ", " -->"},
    {"css", "scss less", ".css .scss .less", "/* ", " */"},
};
static const struct language unknown = {"", "", "", "", ""};

/* Is `word` of the blank-separated list the end of `text` (or all of it, if it has no dot)? */
static bool list_matches(const char *list, const char *text, bool as_extension) {
    size_t text_length = strlen(text);
    while (*list != '\0') {
        size_t length = strcspn(list, " ");
        bool extension = as_extension && list[0] == '.';
        if (length == text_length || (extension && length < text_length))
            if (strncasecmp(text + (extension ? text_length - length : 0), list, length) == 0)
                return true;
        list += length;
        list += *list == ' ';
    }
    return false;
}

const struct language *language_by_id(const char *id) {
    for (size_t i = 0; id[0] != '\0' && i < sizeof table / sizeof *table; i++)
        if (strcasecmp(table[i].id, id) == 0 || list_matches(table[i].aliases, id, false))
            return &table[i];
    return &unknown;
}

const struct language *language_of_path(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (list_matches(table[i].files, name, true)) return &table[i];
    return &unknown;
}
