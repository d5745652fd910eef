/* The last look at a decoder's description before a backend trusts it. */
#ifndef AERIE_KERNELS_DECODER_CHECK_H
#define AERIE_KERNELS_DECODER_CHECK_H

#include "kernels/kernels.h"

/* True if the config makes sense and every tensor has the type and shape kernels.h gives it.
 * ERROR_ARGUMENT, naming the tensor. */
bool decoder_check(const struct decoder_spec *spec, struct error *err);

#endif
