-- The edition $2 of the records of the model $1 counts.
INSERT INTO {embed}.editions (model, edition) VALUES ($1::text, $2::integer)
ON CONFLICT (model) DO UPDATE SET edition = excluded.edition
