/*
 * The program's entry point; everything else is in a library, so that tests can call it.
 */
#include "cli/frame/command.h"

int main(int argc, char **argv) {
    return mneme_cli_main(argc, argv);
}
