/*
 * The program's entry: everything else is in the library, so that tests can call it.
 */
#include "cli/frame/command.h"

int main(int argc, char **argv) {
    return mneme_cli_main(argc, argv);
}
