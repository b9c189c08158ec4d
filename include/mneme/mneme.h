/*
 * libmneme: every operation of Mneme, queued writes, the events of the log, and locks. Headers may also be
 * included one by one; each states its own rules. mneme/base.h says why compiled programs keep working with
 * later libraries.
 */
#ifndef MNEME_MNEME_H
#define MNEME_MNEME_H

#include <mneme/base.h>
#include <mneme/locks.h>
#include <mneme/log.h>
#include <mneme/operations.h>
#include <mneme/publish.h>

#endif
