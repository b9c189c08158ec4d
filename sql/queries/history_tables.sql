-- Whether the schema $1 has the tables that record what was folded and what was lost.
SELECT to_regclass(format('%I.progress', $1::text)) IS NOT NULL AS has_progress,
       to_regclass(format('%I.log_losses', $1::text)) IS NOT NULL AS has_losses
