/* GPT-2's spelling of bytes as printable characters (Radford et al. 2019): bytes that print in
 * Latin-1 stand for themselves, the 68 others for U+0100 onwards in order. */
#ifndef AERIE_ENGINE_TOKENIZER_BYTE_ALPHABET_H
#define AERIE_ENGINE_TOKENIZER_BYTE_ALPHABET_H

#include "engine/tokenizer/tokenizer.h"

/* Writes the 1 or 2 bytes of UTF-8 that spell `byte`; returns how many. */
size_t byte_alphabet_spell(uint8_t byte, char out[2]);

/* Undoes the spelling of a whole token: out holds spelling.length bytes at least. Returns how many
 * were written, or SIZE_MAX if some character spells no byte. */
size_t byte_alphabet_decode(struct text_view spelling, char *out);

#endif
