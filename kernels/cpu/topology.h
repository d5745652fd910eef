/* How many threads make sense here. */
#ifndef AERIE_KERNELS_CPU_TOPOLOGY_H
#define AERIE_KERNELS_CPU_TOPOLOGY_H

/* Physical cores this process may use: those of its affinity mask, counted once however many
 * hardware threads they have, and no more than its cgroup's CPU quota. At least 1. */
unsigned topology_usable_cores(void);

#endif
