/* Where a completion is not worth asking for: these rules cost nothing, the engine is not bothered.
 */
#ifndef AERIE_LSP_COMPLETE_TRIGGER_H
#define AERIE_LSP_COMPLETE_TRIGGER_H

#include "lsp/complete/place.h"

/* NULL to go on, else why not, in a few stable words (a static string). */
const char *trigger_decline(const struct place *place);

#endif
