/*
 * Versions that are over, things that agents leave behind, and accesses: the same whether a batch holds the
 * whole log or one event of it.
 */
#include <criterion/criterion.h>

#include "tests/support/fold_case.h"

#define A "0194f000-0000-7000-8000-00000000000a"
#define B "0194f000-0000-7000-8000-00000000000b"
#define C "0194f000-0000-7000-8000-00000000000c"

static struct mneme_fold_case fold;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
}

static void tear_down(void) {
    mneme_fold_case_tear_down(&fold);
}

TestSuite(fold_history, .init = set_up, .fini = tear_down);

#define ADD(...) mneme_fold_case_add(&fold, __VA_ARGS__)
#define OLD(item) mneme_fold_case_write_old(&fold, item)
#define TEXT(...) mneme_fold_case_text(&fold, __VA_ARGS__)

/* Once event by event, once in pairs, once as one batch; `check` looks at the tables each time. */
static void apply_each_way(void (*check)(void)) {
    static const size_t sizes[] = {1, 2, 0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_assert_eq(mneme_fold_case_apply(&fold, sizes[i]), MNEME_APPLIED, "%s", fold.error.message);
        check();
        mneme_fold_case_empty(&fold);
    }
}

/* Every version of `table` ends where the next begins, and nothing is between them. */
static void check_chained(const char *table, const char *key) {
    cr_assert_str_eq(
        TEXT("SELECT count(*) FROM (SELECT valid_to, superseded_sequence, version, "
             "lead(valid_from) OVER w AS next_from, lead(source_sequence) OVER w AS next_sequence, "
             "lead(version) OVER w AS next_version FROM (SELECT tenant, stream_id, %s, version, valid_from, "
             "source_sequence, valid_to, superseded_sequence FROM %s_history UNION ALL SELECT tenant, "
             "stream_id, "
             "%s, version, valid_from, source_sequence, NULL, NULL FROM %s) v "
             "WINDOW w AS (PARTITION BY tenant, stream_id, %s ORDER BY version)) chain "
             "WHERE valid_to IS NOT NULL AND (valid_to, superseded_sequence, version + 1) "
             "IS DISTINCT FROM (next_from, next_sequence, next_version)",
             key, table, key, table, key),
        "0");
}

static void check_memory(void) {
    cr_assert_str_eq(TEXT("SELECT version, content->>'text', tags, importance, priority, is_deleted FROM "
                          "memories_history ORDER BY version"),
                     "1|tea|{a}|0.5|5|f;2|tea|{a}|0.25|5|f;3|coffee|{a}|0.25|5|f;4|coffee|{a}|0.25|5|t;"
                     "5|milk|{}|0.5|5|f");
    cr_assert_str_eq(TEXT("SELECT version, content->>'text', priority FROM memories"), "6|milk|9");
    check_chained("memories", "id");
}

Test(fold_history, every_version_of_a_memory_is_kept_whole) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'tea','tags':['a']}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','importance':0.25}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','content':'coffee'}}");
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" A "'}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','content':'water'}}");
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'milk'}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','priority':9}}");
    apply_each_way(check_memory);
}

static void check_conversation(void) {
    cr_assert_str_eq(TEXT("SELECT turn_index, content, valid_to = (SELECT recorded_at FROM events WHERE "
                          "event_type = 'conversation_created') FROM conversation_turns_history "
                          "ORDER BY turn_index"),
                     "0|one|t;1|two|t");
    cr_assert_str_eq(TEXT("SELECT turn_index, content FROM conversation_turns ORDER BY turn_index"),
                     "0|three");
    cr_assert_str_eq(
        TEXT("SELECT version, turn_count, is_deleted FROM conversations_history ORDER BY version"),
        "1|2|f;2|2|t");
    check_chained("conversations", "conversation_id");
}

Test(fold_history, turns_of_a_former_life_go_into_the_history) {
    ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'c','role':'user','content'"
        ":"
        "'one'}}");
    ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'c','role':'user','content'"
        ":"
        "'two'}}");
    ADD("{'type':'conversation_deleted','user_id':'ada','payload':{'conversation_id':'c'}}");
    ADD("{'type':'conversation_created','user_id':'ada','payload':{'conversation_id':'c'}}");
    ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'c','role':'user','content'"
        ":"
        "'three'}}");
    apply_each_way(check_conversation);
}

static void check_knowledge(void) {
    cr_assert_str_eq(TEXT("SELECT version, content, confidence, domain FROM knowledge_history"),
                     "1|80 degrees|0.5|tea");
    cr_assert_str_eq(TEXT("SELECT version, content, confidence, domain FROM knowledge"),
                     "2|75 degrees|0.5|tea");
    check_chained("knowledge", "knowledge_id");
    cr_assert_str_eq(TEXT("SELECT user_id, version, profile, preferences, source FROM profiles_history"),
                     "ada|1|{\"name\": \"Ada\"}|{}|web");
    cr_assert_str_eq(TEXT("SELECT user_id, version, profile, preferences, source FROM profiles"),
                     "ada|2|{\"name\": \"Ada\"}|{\"drinks\": \"tea\"}|web");
    check_chained("profiles", "user_id");
    cr_assert_str_eq(TEXT("SELECT verdict FROM events WHERE user_id IS NULL"), "accepted");
}

Test(fold_history, knowledge_and_profiles_are_revised_field_by_field) {
    ADD("{'type':'knowledge_recorded','user_id':'ada','payload':{'knowledge_id':'" A
        "','domain':'tea','content':'80 degrees','confidence':0.5}}");
    ADD("{'type':'user_onboarded','user_id':'ada','payload':{'profile':{'name':'Ada'},'source':'web'}}");
    ADD("{'type':'knowledge_recorded','user_id':'ada','payload':{'knowledge_id':'" A
        "','domain':'tea','content':'75 degrees'}}");
    ADD("{'type':'user_onboarded','user_id':'ada','payload':{'preferences':{'drinks':'tea'}}}");
    ADD("{'type':'user_onboarded','agent_id':'bot','payload':{'profile':{'name':'Nobody'}}}");
    apply_each_way(check_knowledge);
}

static void check_agents(void) {
    cr_assert_str_eq(
        TEXT("SELECT id, memory_type, agent_id, content, confidence FROM memories ORDER BY id"),
        A "|decision|bot|{\"text\": \"Offer tea\", \"urgency\": \"low\"}|1;" B
          "|knowledge|cook|{\"text\": \"one tea\", \"to_agent\": \"cook\", \"from_agent\": \"waiter\"}|1");
    cr_assert_str_eq(TEXT("SELECT category FROM agent_decisions"), "-");
    cr_assert_str_eq(TEXT("SELECT payload FROM events WHERE event_type = 'agent_handoff'"),
                     "{\"topic\": \"one tea\", \"to_agent\": \"cook\", \"from_agent\": \"waiter\", "
                     "\"handoff_id\": \"" B "\"}");
    cr_assert_str_eq(TEXT("SELECT decision, urgency, insights_used FROM agent_decisions"),
                     "Offer tea|low|{}");
    cr_assert_str_eq(TEXT("SELECT from_agent, to_agent, topic FROM agent_handoffs"), "waiter|cook|one tea");
    cr_assert_str_eq(
        TEXT("SELECT hypothesis, is_valid, final_confidence, final_evidence, version FROM hypotheses"),
        "no coffee|f|0.2|{\"turns\": 3}|2");
    cr_assert_str_eq(TEXT("SELECT verdict FROM events ORDER BY sequence_id"),
                     "accepted;exists;accepted;not_found;accepted;accepted");
}

Test(fold_history, decisions_and_handoffs_of_the_first_version_leave_what_they_did) {
    OLD(ADD("{'type':'agent_decision','agent_id':'bot','payload':{'decision_id':'" A
            "','decision':'Offer tea','urgency':'low'}}"));
    ADD("{'type':'memory_created','agent_id':'bot','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'x'}}");
    OLD(ADD("{'type':'agent_handoff','agent_id':'bot','payload':{'handoff_id':'" B
            "','from_agent':'waiter','to_agent':'cook','topic':'one tea'}}"));
    ADD("{'type':'hypothesis_validated','agent_id':'bot','payload':{'hypothesis_id':'" B
        "','is_valid':true}}");
    ADD("{'type':'hypothesis_formed','agent_id':'bot','payload':{'hypothesis_id':'" B
        "','hypothesis':'no coffee'}}");
    ADD("{'type':'hypothesis_validated','agent_id':'bot','payload':{'hypothesis_id':'" B
        "','is_valid':false,'final_confidence':0.2,'evidence':{'turns':3}}}");
    apply_each_way(check_agents);
}

static void check_what_agents_say(void) {
    cr_assert_str_eq(
        TEXT("SELECT id, memory_type, agent_id, content, metadata FROM memories ORDER BY id"),
        A "|decision|bot|{\"drink\": \"tea\"}|{\"more\": 2, \"urgency\": \"normal\", \"category\": "
          "\"drinks\", \"insights_used\": [\"i\"], \"context_summary\": \"she is thirsty\", "
          "\"decision_context\": {\"thirst\": 0.90}, \"cross_agent_collaboration\": [\"cook\"]};" B
          "|conversation|cook|{\"topic\": \"one tea\", \"context\": [1], \"from_agent\": \"waiter\", "
          "\"handoff_received\": true}|{\"handoff_id\": \"" B "\", \"requires_response\": false};" C
          "|decision|bot|{\"text\": \"wait\"}|{\"urgency\": "
          "\"low\", \"category\": \"general\"}");
    cr_assert_str_eq(
        TEXT("SELECT decision, category, urgency, context_summary, cross_agent_collaboration, metadata "
             "FROM agent_decisions ORDER BY decision_id"),
        "{\"drink\":\"tea\"}|drinks|normal|she is thirsty|[\"cook\"]|{\"more\": 2, \"category\": \"own\"};"
        "wait|general|low|-|-|{}");
    cr_assert_str_eq(
        TEXT(
            "SELECT reason, handoff_type, urgency, expected_duration, requires_response FROM agent_handoffs"),
        "specialist_expertise_required|consultation|normal|10 min|f");
    cr_assert_str_eq(TEXT("SELECT payload -> 'decision' FROM events WHERE event_type = 'agent_decision' "
                          "ORDER BY sequence_id LIMIT 1"),
                     "{\"drink\": \"tea\"}");
}

Test(fold_history, decisions_and_handoffs_leave_memories) {
    ADD("{'type':'agent_decision','agent_id':'bot','payload':{'decision_id':'" A
        "','decision':{'drink':'tea'},'category':'drinks','context':{'thirst':0.90},'insights_used':['i'],"
        "'context_summary':'she is thirsty','cross_agent_collaboration':['cook'],"
        "'metadata':{'category':'own','more':2}}}");
    ADD("{'type':'agent_handoff','agent_id':'bot','payload':{'handoff_id':'" B
        "','from_agent':'waiter','to_agent':'cook','topic':'one tea','context':[1],'expected_duration':'10 "
        "min',"
        "'requires_response':false}}");
    ADD("{'type':'agent_decision','agent_id':'bot','payload':{'decision_id':'" C
        "','decision':'wait','urgency':'low'}}");
    apply_each_way(check_what_agents_say);
}

static void check_knowledge_states(void) {
    cr_assert_str_eq(TEXT("SELECT version, content, validation_status, validated_at FROM knowledge"),
                     "5|{\"water\":{\"degrees\":80.0}}|refuted|2026-03-01 00:00:00+00");
    cr_assert_str_eq(
        TEXT("SELECT version, validation_status, validated_at FROM knowledge_history ORDER BY version"),
        "1|pending|-;2|validated|2026-02-01 00:00:00+00;3|validated|2026-02-01 00:00:00+00;"
        "4|validated|2026-03-01 00:00:00+00");
    cr_assert_str_eq(TEXT("SELECT validated_at, validation_status FROM knowledge_as_of(NULL)"),
                     "2026-03-01 00:00:00+00|refuted");
}

Test(fold_history, knowledge_is_pending_until_it_is_validated) {
#define KNOWN(at, more)                                                                                      \
    ADD("{'type':'knowledge_recorded','user_id':'ada','occurred_at':'" at                                    \
        "T00:00:00Z','payload':{'knowledge_id':'" A                                                          \
        "','domain':'tea','content':{'water':{'degrees':80.0}}" more "}}")
    KNOWN("2026-01-01", "");
    KNOWN("2026-02-01", ",'validation_status':'validated'");
    KNOWN("2026-02-02", ",'confidence':0.5");
    KNOWN("2026-04-01", ",'validated_at':'2026-03-01T00:00:00Z'");
    KNOWN("2026-05-01", ",'validation_status':'refuted'");
    apply_each_way(check_knowledge_states);
}

static void check_links(void) {
    cr_assert_str_eq(TEXT("SELECT memory_id, insights, follow_up_actions, version FROM conversation_memories "
                          "ORDER BY memory_id"),
                     A "|[\"tea\"]|[\"call\"]|2;" B "|-|-|1");
    cr_assert_str_eq(TEXT("SELECT verdict FROM events ORDER BY sequence_id"),
                     "not_found;accepted;accepted;accepted;accepted");
}

Test(fold_history, links_need_their_conversation_and_are_patched) {
    static const char *const links[] = {"'memory_id':'" A "','insights':['tea']", "'memory_id':'" B "'",
                                        "'memory_id':'" A "','follow_up_actions':['call']"};
    ADD("{'type':'conversation_memory_linked','user_id':'ada','payload':{'conversation_id':'c','memory_id':"
        "'" A "'}}");
    ADD("{'type':'conversation_created','user_id':'ada','payload':{'conversation_id':'c'}}");
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        ADD("{'type':'conversation_memory_linked','user_id':'ada','payload':{'conversation_id':'c',%s}}",
            links[i]);
    }
    apply_each_way(check_links);
}

static void check_accesses(void) {
    cr_assert_str_eq(TEXT("SELECT stream_id, memory_id, access_count, last_accessed_at FROM memory_access "
                          "ORDER BY memory_id"),
                     "ada#access|" A "|9|9999-12-31 23:59:59.999999+00;ada#access|" B
                     "|2|2026-01-03 00:00:00.000001+00");
    cr_assert_str_eq(TEXT("SELECT version FROM streams WHERE stream_id = 'ada#access'"), "2");
}

Test(fold_history, accesses_add_up_whatever_their_order) {
    ADD("{'type':'memory_accessed','user_id':'ada','stream_id':'ada#access','payload':{'memory_ids':['" A
        "','" B "','" A "'],'counts':[3,2,5],'last_accessed_at':'2026-01-03T00:00:00.000001Z'}}");
    ADD("{'type':'memory_accessed','user_id':'ada','stream_id':'ada#access','payload':{'memory_ids':['" A
        "'],'counts':[1],'last_accessed_at':'9999-12-31T23:59:59.999999Z'}}");
    apply_each_way(check_accesses);
}

/* --- policies --- */

static void check_retention(void) {
    cr_assert_str_eq(TEXT("SELECT user_id, agent_id, min_priority, max_age_days, score_threshold, version "
                          "FROM retention_policies ORDER BY user_id, agent_id NULLS FIRST"),
                     "ada|-|-|-|0.25|3;ada|bot|7|-|-|1;bob|-|-|1|-|1");
    cr_assert_str_eq(TEXT("SELECT user_id, min_priority, max_age_days, score_threshold, version "
                          "FROM retention_policies_history ORDER BY version"),
                     "ada|3|90|-|1;ada|-|30|-|2");
    check_chained("retention_policies", "policy_id");
}

Test(fold_history, a_scope_has_one_policy_and_a_new_one_replaces_all_of_it) {
    ADD("{'type':'retention_set','user_id':'ada','payload':{'min_priority':3,'max_age_days':90}}");
    ADD("{'type':'retention_set','user_id':'ada','agent_id':'bot','payload':{'min_priority':7}}");
    ADD("{'type':'retention_set','user_id':'ada','payload':{'max_age_days':30}}");
    ADD("{'type':'retention_set','user_id':'bob','payload':{'max_age_days':1}}");
    ADD("{'type':'retention_set','stream_id':'of nobody','payload':{'max_age_days':1}}");
    ADD("{'type':'retention_set','user_id':'ada','payload':{'score_threshold':0.25}}");
    apply_each_way(check_retention);
}
