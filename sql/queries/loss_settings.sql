-- Sets the parameters of loss_record.sql: $1 the topic, $2 its first offsets by partition (an array as text), $3 who
-- accepts the losses.
SELECT set_config('mneme.log_topic', $1, false), set_config('mneme.log_starts', $2, false),
       set_config('mneme.accepted_by', $3, false)
