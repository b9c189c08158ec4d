-- Whether the schema $1 has the tables that record the progress and the losses of the log.
SELECT to_regclass(format('%I.progress', $1::text)) IS NOT NULL AS has_progress,
       to_regclass(format('%I.log_losses', $1::text)) IS NOT NULL AS has_losses
