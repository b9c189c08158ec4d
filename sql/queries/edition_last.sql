-- The highest edition of the records of the model $1 that the schemas of embed and of the vectors have.
SELECT greatest((SELECT max(edition) FROM {embed}.editions WHERE model = $1::text),
                (SELECT max(edition) FROM {embed}.documents WHERE model = $1::text),
                (SELECT max(edition) FROM generations WHERE model = $1::text), 1)
