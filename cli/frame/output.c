/*
 * Lines on stdout. What is lost on the way is noticed at the end of the program, or earlier by those who ask.
 */
#include "cli/frame/output.h"

#include <stdio.h>

enum mneme_exit mneme_cli_put_line(struct mneme_buffer *line) {
    mneme_buffer_append_byte(line, '\n');
    bool is_complete = !line->failed;
    if (is_complete) {
        (void)fwrite(line->data, 1, line->len, stdout); /* the stream remembers a failure */
    } else {
        fprintf(stderr,
                "mneme: a line of output was not made: memory is exhausted; free some and run it again\n");
    }
    mneme_buffer_clear(line);
    return is_complete ? MNEME_EXIT_DONE : MNEME_EXIT_UNAVAILABLE;
}

bool mneme_cli_output_is_lost(void) {
    return ferror(stdout) != 0;
}
