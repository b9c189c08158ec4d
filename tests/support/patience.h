/*
 * How long a test waits for what must come: longer than a loaded machine needs, since only a test that fails
 * waits so long.
 */
#ifndef MNEME_TESTS_SUPPORT_PATIENCE_H
#define MNEME_TESTS_SUPPORT_PATIENCE_H

#define MNEME_PATIENCE_MS 120000

#endif
