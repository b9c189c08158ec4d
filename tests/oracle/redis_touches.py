"""What each accepted event touches in Redis, and when that last happened: followed beside a Fold."""

CONVERSATION = ("ConversationCreated", "ConversationUpdated", "ConversationClosed", "ConversationDeleted", "ConversationTurn")
WORKING = ("ConversationCreated", "ConversationDeleted", "ConversationTurn", "ContextSet", "ContextDeleted", "ContextCleared",
           "ContextAppended", "WorkingThought", "WorkingGoalSet", "WorkingCleared")


class RedisTouches:
    """`follow` is called after the effect of each accepted event. Times are those from which keys are kept: when it
    happened as told, but not after it was recorded."""

    def __init__(self):
        self.conversations = {}  # (tenant, stream_id, conversation_id): (happened_at, its position)
        self.working = {}  # the same: (happened_at, its position, recorded_at)
        self.decisions = {}  # (partition, tenant, agent_id): (happened_at, its position)
        self.recent = {}  # (partition, tenant, user_id): the same

    def follow(self, fold, place, event):
        kind, payload, made = event["type"], event["payload"], event["made"]
        happened_at = min(event["occurred_at"], made["valid_from"])
        partition = made["source_sequence"] % 4096
        offset = made["source_sequence"] // 4096
        if kind in CONVERSATION:
            key = (*place, payload["conversation_id"])
            self.conversations[key] = (happened_at, offset)
            user_id = fold.conversations[key]["user_id"]
            if user_id is not None:
                self.recent[partition, place[0], user_id] = (happened_at, offset)
        if kind in WORKING:
            self.working[(*place, payload["conversation_id"])] = (happened_at, offset, made["valid_from"])
        agent_id = event["scope"]["agent_id"]
        if kind == "AgentDecision" and agent_id is not None:
            self.decisions[partition, place[0], agent_id] = (happened_at, offset)
