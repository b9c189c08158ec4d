-- Makes the edition $2 the current edition of the records of the model $1.
INSERT INTO {embed}.editions (model, edition) VALUES ($1::text, $2::integer)
ON CONFLICT (model) DO UPDATE SET edition = excluded.edition
