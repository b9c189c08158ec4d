-- What loss_record is told: $1 the topic, $2 by partition its first offset (the text of an array), $3 who accepts.
SELECT set_config('mneme.log_topic', $1, false), set_config('mneme.log_starts', $2, false),
       set_config('mneme.accepted_by', $3, false)
