#include "operations/catalogue.h"

#include "operations/memory/memory.h"

static const struct mneme_operation *const memory[] = {
    &mneme_op_memory_add,
    &mneme_op_memory_get,
    &mneme_op_memory_list,
    NULL,
};

const struct mneme_op_noun mneme_op_catalogue[] = {
    {"memory", "Remember, read, change and forget memories.",
     "  mneme memory add 'Ada prefers tea' --user ada\n"
     "  mneme memory list --user ada\n",
     memory},
    {0},
};

const struct mneme_operation *mneme_op_by_name(struct mneme_str name) {
    for (const struct mneme_op_noun *noun = mneme_op_catalogue; noun->name != NULL; noun++) {
        for (size_t i = 0; noun->operations[i] != NULL; i++) {
            if (mneme_str_equal(name, mneme_str_from(noun->operations[i]->name))) {
                return noun->operations[i];
            }
        }
    }
    return NULL;
}
