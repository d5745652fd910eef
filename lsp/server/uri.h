/* Paths out of document URIs (RFC 3986), for prompts: never for opening files. */
#ifndef AERIE_LSP_SERVER_URI_H
#define AERIE_LSP_SERVER_URI_H

/* The path of a URI, percent-decoded: "/a b.py" for "file:///a%20b.py", "Untitled-1" for
 * "untitled:Untitled-1". Malloc'ed; NULL where memory is out. */
char *uri_path(const char *uri);

#endif
