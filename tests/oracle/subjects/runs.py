"""What runs of flows record, and what tasks give."""

from oracle.rows import loads

TABLES = {
    "flow_run_history": ("flow_run_id", "tenant", "stream_id"),
    "task_outputs": ("task_output_id", "tenant", "stream_id"),
}


class Tables:
    """The part of a Fold that knows these tables."""

    def judge_flow_run(self, place, payload):
        return self.judge_new("flow_run_history", "flow_run_id", place, payload)

    def judge_task_output(self, place, payload):
        return self.judge_new("task_outputs", "task_output_id", place, payload)

    def record_flow_run(self, place, event, payload):
        scope = {name: event["scope"][name] for name in ("agent_id", "user_id", "run_id")}
        self.new_row("flow_run_history", "flow_run_id", place, event, {
            **scope, "flow": payload["flow"], "run": payload["run"], "data": loads(payload["data"])})

    def record_task_output(self, place, event, payload):
        scope = {name: event["scope"][name] for name in ("agent_id", "user_id", "run_id")}
        self.new_row("task_outputs", "task_output_id", place, event, {
            **scope, "task": payload["task"], "output": loads(payload["output"]),
            "metadata": loads(payload["metadata"] or "{}")})


JUDGES = {"FlowRunRecorded": Tables.judge_flow_run, "TaskOutputRecorded": Tables.judge_task_output}

EFFECTS = {"FlowRunRecorded": Tables.record_flow_run, "TaskOutputRecorded": Tables.record_task_output}


# --- events ---


def flow_run(g, stream):
    return g.made_once(stream, "flow_run_recorded", "flow_run_id", False, flow="nightly", run=g.maybe(lambda: "run 1"),
                     data=g.json_object())


def task_output(g, stream):
    return g.made_once(stream, "task_output_recorded", "task_output_id", False, task="summarise", output=g.json_object(),
                     metadata=g.maybe(g.json_object))


EVENTS = {flow_run: 1, task_output: 1}
