-- The current edition of the records of the model $1.
SELECT coalesce((SELECT edition FROM {embed}.editions WHERE model = $1::text), 1)
