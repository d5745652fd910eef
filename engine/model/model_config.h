/* The keys of a GGUF that describe its decoder. Used by model.c alone. */
#ifndef AERIE_ENGINE_MODEL_MODEL_CONFIG_H
#define AERIE_ENGINE_MODEL_MODEL_CONFIG_H

#include "engine/model/architectures.h"
#include "engine/model/gguf.h"

/* Fills *out, every number within sane bounds; rope.frequency_factors stays NULL. False on failure:
 * ERROR_FORMAT (a key is missing or makes no sense), ERROR_UNSUPPORTED (a key asks for maths the
 * decoder does not have). */
bool model_read_config(const struct gguf *gguf, const struct architecture *architecture,
                       struct decoder_config *out, struct error *err);

#endif
