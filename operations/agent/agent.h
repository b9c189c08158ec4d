/*
 * The operations of agents as such, a file each.
 */
#ifndef MNEME_OPERATIONS_AGENT_H
#define MNEME_OPERATIONS_AGENT_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_agent_context;
extern const struct mneme_operation mneme_op_agent_control;
extern const struct mneme_operation mneme_op_agent_recent;

#endif
