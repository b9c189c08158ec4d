/*
 * libmneme: every operation of Mneme, and beside them writes in a queue, the events of the log, and locks.
 * Headers may also be included one by one; each says its own rules. How a compiled program goes on with later
 * libraries is said in mneme/base.h.
 */
#ifndef MNEME_MNEME_H
#define MNEME_MNEME_H

#include <mneme/base.h>
#include <mneme/locks.h>
#include <mneme/log.h>
#include <mneme/operations.h>
#include <mneme/publish.h>

#endif
