#include "operations/catalogue.h"

#include "operations/agent/agent.h"
#include "operations/biometric/biometric.h"
#include "operations/context/context.h"
#include "operations/conversation/conversation.h"
#include "operations/dead_letters/dead_letters.h"
#include "operations/decision/decision.h"
#include "operations/error/error.h"
#include "operations/handoff/handoff.h"
#include "operations/hypothesis/hypothesis.h"
#include "operations/knowledge/knowledge.h"
#include "operations/ledger/ledger.h"
#include "operations/lock/lock.h"
#include "operations/memory/memory.h"
#include "operations/output/output.h"
#include "operations/profile/profile.h"
#include "operations/recall/recall.h"
#include "operations/run/run.h"
#include "operations/system/system.h"
#include "operations/vector/vector.h"
#include "operations/working/working.h"

#define OPERATIONS(...) ((const struct mneme_operation *const[]){__VA_ARGS__, NULL})

/* A noun that has no operations itself lists those that have an alias beginning with it. */
const struct mneme_op_noun mneme_op_catalogue[] = {
    {"memory", "Remember, read, change and forget memories.",
     "  mneme memory add 'Ada prefers tea' --user ada\n"
     "  mneme memory list --user ada\n",
     OPERATIONS(&mneme_op_memory_add, &mneme_op_memory_get, &mneme_op_memory_list, &mneme_op_memory_hot,
                &mneme_op_memory_update, &mneme_op_memory_delete, &mneme_op_memory_history,
                &mneme_op_memory_access, &mneme_op_memory_promote, &mneme_op_memory_prioritize,
                &mneme_op_memory_archive, &mneme_op_memory_unarchive, &mneme_op_memory_restore,
                &mneme_op_memory_set_retention, &mneme_op_memory_apply_retention)},
    {"conversation", "List, read and forget conversations.",
     "  mneme conversation list --user ada\n"
     "  mneme conversation show chat-1\n",
     OPERATIONS(&mneme_op_conversation_create, &mneme_op_conversation_update, &mneme_op_conversation_close,
                &mneme_op_conversation_link, &mneme_op_conversation_list, &mneme_op_conversation_get,
                &mneme_op_conversation_show, &mneme_op_conversation_recent, &mneme_op_conversation_turns,
                &mneme_op_conversation_delete)},
    {"working", "A conversation's working memory: its last turns, thoughts, goal and context.",
     "  mneme working turn 'Two seats to Oslo, please' --user ada --conversation chat-1\n"
     "  mneme working show --user ada --conversation chat-1 --at-least last\n",
     OPERATIONS(&mneme_op_working_show, &mneme_op_working_turn, &mneme_op_working_thought,
                &mneme_op_working_goal, &mneme_op_working_clear)},
    {"context", "Keep values and events at hand during a conversation.",
     "  mneme context set intent book_flight --user ada --conversation chat-1\n"
     "  mneme context get intent --user ada --conversation chat-1 --at-least last\n",
     OPERATIONS(&mneme_op_context_set, &mneme_op_context_get, &mneme_op_context_delete,
                &mneme_op_context_append, &mneme_op_context_events, &mneme_op_context_clear)},
    {"agent", "What agents decided, handed over and hypothesised, and what they share.",
     "  mneme agent context planner --all\n"
     "  mneme agent decisions --agent planner\n",
     OPERATIONS(&mneme_op_agent_context, &mneme_op_agent_control, &mneme_op_agent_recent,
                &mneme_op_decision_list, &mneme_op_handoff_list, &mneme_op_hypothesis_list)},
    {"decision", "What agents decided.",
     "  mneme decision record 'Rest today' --agent coach --user ada\n"
     "  mneme decision list --agent coach\n",
     OPERATIONS(&mneme_op_decision_record)},
    {"handoff", "What agents handed over to each other.",
     "  mneme handoff record 'the letter' --from planner --to writer\n"
     "  mneme handoff list --to writer\n",
     OPERATIONS(&mneme_op_handoff_record)},
    {"hypothesis", "Hypotheses of agents, and whether they held.",
     "  mneme hypothesis form 'Ada sleeps badly after coffee' --agent coach --user ada\n"
     "  mneme hypothesis list --all --validated true\n",
     OPERATIONS(&mneme_op_hypothesis_form, &mneme_op_hypothesis_validate)},
    {"knowledge", "What specialist agents know.",
     "  mneme knowledge record 'Rice needs water' --domain cooking --agent chef\n"
     "  mneme knowledge list --all --domain cooking\n",
     OPERATIONS(&mneme_op_knowledge_record, &mneme_op_knowledge_list, &mneme_op_knowledge_get,
                &mneme_op_knowledge_history)},
    {"profile", "What is known about users.",
     "  mneme profile record ada --profile '{\"name\": \"Ada\"}'\n"
     "  mneme profile show ada\n",
     OPERATIONS(&mneme_op_profile_record, &mneme_op_profile_show, &mneme_op_profile_history)},
    {"biometric", "Readings of a user's body.", "  mneme biometric record heart_rate 58 --user ada\n",
     OPERATIONS(&mneme_op_biometric_record)},
    {"error", "What went wrong in agents.", "  mneme error record timeout 'no answer' --agent planner\n",
     OPERATIONS(&mneme_op_error_record)},
    {"run", "Records of runs of flows.",
     "  mneme run record onboarding '{\"steps\": 3}' --agent planner\n"
     "  mneme run list --flow onboarding --all\n",
     OPERATIONS(&mneme_op_run_record)},
    {"output", "Outputs of tasks.",
     "  mneme output record summarise '{\"text\": \"short\"}' --agent writer\n"
     "  mneme output list --task summarise --all\n",
     OPERATIONS(&mneme_op_output_record)},
    {"lock", "Locks shared by programs on many machines, with fencing tokens.",
     "  mneme lock run nightly --ttl 60 -- ./consolidate.sh\n"
     "  mneme lock acquire nightly --ttl 60 --wait 10 --json\n",
     OPERATIONS(&mneme_op_lock_acquire, &mneme_op_lock_extend, &mneme_op_lock_release)},
    {"dead-letters", "Events that cannot be applied: list, show, redrive or drop them.",
     "  mneme dead-letters list\n"
     "  mneme dead-letters show 3:17\n",
     OPERATIONS(&mneme_op_dead_letters_list, &mneme_op_dead_letters_show)},
    {"vector", "Store your own vectors, and find the nearest ones.",
     "  mneme vector add red --vector '[1, 0, 0]' --metadata '{\"warm\": true}'\n"
     "  mneme vector query --vector '[0.9, 0.1, 0]' --limit 3\n",
     OPERATIONS(&mneme_op_vector_add, &mneme_op_vector_query, &mneme_op_vector_delete)},
    {"", NULL, NULL,
     OPERATIONS(&mneme_op_search, &mneme_op_recall, &mneme_op_ledger_events, &mneme_op_timeline,
                &mneme_op_stats, &mneme_op_operations, &mneme_op_run_list, &mneme_op_output_list)},
    {0},
};

static bool is_called(const struct mneme_operation *operation, struct mneme_str name) {
    return mneme_str_equal(name, mneme_str_from(operation->name)) ||
           (operation->alias != NULL && mneme_str_equal(name, mneme_str_from(operation->alias)));
}

const struct mneme_operation *mneme_op_by_name(struct mneme_str name) {
    for (const struct mneme_op_noun *noun = mneme_op_catalogue; noun->name != NULL; noun++) {
        for (size_t i = 0; noun->operations[i] != NULL; i++) {
            if (is_called(noun->operations[i], name)) {
                return noun->operations[i];
            }
        }
    }
    return NULL;
}
